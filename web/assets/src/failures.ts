// A partial answer that fails must not replace a piece of the page by an error page,
// and must not fail silently: the save line says what is the case.
import { saveLine } from "./page";

type Answer = { ctx?: { response?: { status: number; headers: Headers } } };

const sentences: Record<string, string> = {
  offline: "The server did not answer. What you typed is still here; try again.",
  signedOut: "You are signed out. Sign in in another tab, then try again; what you typed is still here.",
  refused: "You may not do that here. What you typed is still here.",
  broken: "The server could not do that. What you typed is still here; try again.",
};

/** Shows a sentence about what was not saved, in the colour of a problem. */
export function say(what: string): void {
  const line = saveLine();
  if (!line) return;
  line.textContent = sentences[what] ?? what;
  line.classList.add("off");
}

function meaning(status: number): string | null {
  if (status === 401) return "signedOut";
  if (status === 403) return "refused";
  return status >= 500 ? "broken" : null;
}

/** Listens to htmx: keeps error pages out of the document and says what failed. */
export function tellFailures(): void {
  document.addEventListener("htmx:after:request", (event) => {
    const status = (event as CustomEvent<Answer>).detail.ctx?.response?.status ?? 0;
    const what = meaning(status);
    if (!what) return;
    event.preventDefault();
    say(what);
  });
  document.addEventListener("htmx:error", () => say("offline"));
}
