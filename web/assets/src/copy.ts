// Buttons with data-copy="/coes/17#timeline" put that address, made absolute, on the
// clipboard; data-copy-text="…" copies the text as it is.
import { make } from "./page";

const shownFor = 2000;

async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return byOldCommand(text);
  }
}

// Pages served over plain http have no clipboard interface.
function byOldCommand(text: string): boolean {
  const field = make("textarea", { class: "vh", "aria-hidden": "true" });
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}

async function copyFrom(button: HTMLElement): Promise<void> {
  const link = button.dataset["copy"];
  const text = link === undefined ? (button.dataset["copyText"] ?? "") : new URL(link, location.href).href;
  const before = button.textContent;
  const copied = await toClipboard(text);
  button.focus();
  button.textContent = copied ? "Copied" : "Copy it from here: " + text;
  if (copied) setTimeout(() => (button.textContent = before), shownFor);
}

/** Listens for presses on copy buttons, also on those that arrive later. */
export function watchCopies(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button[data-copy], button[data-copy-text]") : null;
    if (!button || button.dataset["copying"]) return;
    button.dataset["copying"] = "true";
    void copyFrom(button).finally(() => setTimeout(() => delete button.dataset["copying"], shownFor));
  });
}
