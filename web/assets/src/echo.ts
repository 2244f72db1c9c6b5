// Live echo: an input with data-echo="/path" posts its form 150 ms after the last
// keystroke; the answer replaces [data-echo-out] in the same form, or .under.
// It is htmx with the attributes filled in.
import htmx from "./htmx-setup";

const pause = "150ms";

function prepare(root: ParentNode): void {
  for (const input of root.querySelectorAll<HTMLElement>("[data-echo]:not([hx-post])")) {
    const scope = input.closest("form, .entry");
    const out = scope?.querySelector("[data-echo-out]") ?? scope?.querySelector(".under");
    if (!out) continue;
    out.id ||= `echo-${Math.random().toString(36).slice(2)}`;
    out.setAttribute("aria-live", "polite");
    input.setAttribute("hx-post", input.dataset["echo"] ?? "");
    input.setAttribute("hx-trigger", `input changed delay:${pause}`);
    input.setAttribute("hx-target", `#${out.id}`);
    input.setAttribute("hx-swap", "innerHTML");
    input.setAttribute("hx-sync", "replace");
    input.setAttribute("hx-validate", "false");
    htmx.process(input);
  }
}

prepare(document);
document.addEventListener("htmx:after:swap", () => prepare(document));
