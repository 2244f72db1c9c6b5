// Keeps what is typed. A form with data-draft="coe-17-impact" writes every keystroke
// to this device before anything else; after a failed or forgotten save the next visit
// offers it again. A draft is dropped only when a save is confirmed:
//   - an htmx request of the form was answered with 2xx, or
//   - the form's post was answered by a redirect to a page that loaded, or
//   - a page shows data-saved="coe-17-impact", or
//   - the form comes back with exactly the kept text in it.
import { clock, make, saveLine, store } from "./page";

type Draft = { at: string; values: Record<string, string> };
type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const prefix = "coe.draft.";
const sentMark = "coe.sent";
const dirty = new Set<HTMLFormElement>();

function isField(element: Element): element is Field {
  if (element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) return element.name !== "";
  if (!(element instanceof HTMLInputElement) || element.name === "") return false;
  return !/^(hidden|password|file|submit|button|reset|image)$/.test(element.type);
}

function slotOf(field: Field): string {
  return field.type === "checkbox" || field.type === "radio" ? `${field.name}=${field.value}` : field.name;
}

function valueOf(field: Field): string {
  if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) return field.checked ? "on" : "";
  return field.value;
}

function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.elements].filter(isField);
}

function valuesOf(form: HTMLFormElement): Record<string, string> {
  return Object.fromEntries(fieldsOf(form).map((field) => [slotOf(field), valueOf(field)]));
}

function putBack(form: HTMLFormElement, values: Record<string, string>): void {
  for (const field of fieldsOf(form)) {
    const kept = values[slotOf(field)];
    if (kept === undefined) continue;
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) field.checked = kept === "on";
    else field.value = kept;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function differ(kept: Record<string, string>, now: Record<string, string>): boolean {
  return Object.keys(kept).some((slot) => slot in now && kept[slot] !== now[slot]);
}

function read(key: string): Draft | null {
  try {
    const draft = JSON.parse(store.get(prefix + key) ?? "null") as Draft | null;
    return draft && typeof draft.values === "object" ? draft : null;
  } catch {
    return null;
  }
}

function draftForm(target: EventTarget | null): HTMLFormElement | null {
  const element = target as Partial<Field> | null;
  const form = target instanceof HTMLFormElement ? target : element?.form;
  return form?.dataset["draft"] ? form : null;
}

function keep(form: HTMLFormElement): void {
  const draft: Draft = { at: new Date().toISOString(), values: valuesOf(form) };
  const kept = store.put(prefix + form.dataset["draft"]!, JSON.stringify(draft));
  if (dirty.has(form)) return;
  dirty.add(form);
  const line = saveLine();
  if (!line) return;
  line.textContent = kept
    ? "Not saved yet. What you type is kept on this device."
    : "Not saved yet, and this device has no room to keep it. Save before you leave.";
  line.dataset["kept"] = "";
}

/** Forgets a draft because its text is stored on the server. */
function confirmSaved(key: string): void {
  store.drop(prefix + key);
  for (const form of dirty) if (form.dataset["draft"] === key) dirty.delete(form);
}

function confirmInPlace(key: string): void {
  confirmSaved(key);
  const line = saveLine();
  // A server that sent its own save line has the better words.
  if (!line || line.dataset["kept"] === undefined) return;
  delete line.dataset["kept"];
  line.classList.remove("off");
  line.textContent = `Saved ${clock()}`;
}

// What the last page of this tab sent, when this page is the redirect it was answered with.
function confirmedByRedirect(): string | null {
  let sent: { key: string; from: string } | null = null;
  try {
    sent = JSON.parse(sessionStorage.getItem(sentMark) ?? "null");
    sessionStorage.removeItem(sentMark);
  } catch {
    return null;
  }
  const [arrival] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (!sent || !arrival || arrival.type !== "navigate" || arrival.redirectCount === 0) return null;
  const fine = arrival.responseStatus >= 200 && arrival.responseStatus < 400 && !location.pathname.startsWith("/signin");
  return fine && document.referrer === sent.from ? sent.key : null;
}

function offer(form: HTMLFormElement): void {
  const key = form.dataset["draft"]!;
  const draft = read(key);
  if (!draft) return;
  if (!differ(draft.values, valuesOf(form))) {
    store.drop(prefix + key);
    return;
  }
  const back = make("button", { type: "button" }, "Put it back");
  const away = make("button", { type: "button", class: "plain" }, "Throw it away");
  const when = new Date(draft.at);
  const day = when.toDateString() === new Date().toDateString() ? "" : ` on ${when.toLocaleDateString()}`;
  const words = make("span", {}, `Text you typed here at ${clock(when)}${day} was not saved. It is kept on this device.`);
  const flash = make("div", { class: "flash f-warn", role: "status", "data-draft-offer": key }, words, back, away);
  back.addEventListener("click", () => {
    putBack(form, draft.values);
    flash.remove();
    fieldsOf(form)[0]?.focus();
  });
  away.addEventListener("click", () => {
    store.drop(prefix + key);
    flash.remove();
  });
  form.before(flash);
}

function offerAll(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-draft]:not([data-draft-seen])")) {
    form.dataset["draftSeen"] = "";
    offer(form);
  }
}

function onSubmit(event: Event): void {
  const form = draftForm(event.target);
  if (!form) return;
  keep(form);
  dirty.delete(form); // it is on its way, so leaving needs no question
  if (event.defaultPrevented) return;
  try {
    sessionStorage.setItem(sentMark, JSON.stringify({ key: form.dataset["draft"], from: location.href.split("#")[0] }));
  } catch {
    // Without session storage the draft is offered once more, which loses nothing.
  }
}

type Answer = { ctx?: { sourceElement?: Element; response?: { status: number } } };

// An answer to a form sent by htmx: stored, or still only here.
function onAnswer(event: Event): void {
  const { sourceElement, response } = (event as CustomEvent<Answer>).detail.ctx ?? {};
  const form = sourceElement instanceof HTMLFormElement ? draftForm(sourceElement) : null;
  if (!form) return;
  if (response && response.status >= 200 && response.status < 300) confirmInPlace(form.dataset["draft"]!);
  else keep(form);
}

/** Keeps drafts of all forms that ask for it, and offers those that were not saved. */
export function keepDrafts(): void {
  const redirected = confirmedByRedirect();
  if (redirected) confirmSaved(redirected);
  for (const shown of document.querySelectorAll<HTMLElement>("[data-saved]")) confirmSaved(shown.dataset["saved"]!);
  offerAll(document);
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = draftForm(event.target);
      if (form) keep(form);
    });
  }
  document.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:after:request", onAnswer);
  document.addEventListener("htmx:error", onAnswer);
  document.addEventListener("htmx:after:swap", () => offerAll(document));
  window.addEventListener("beforeunload", (event) => {
    if ([...dirty].some((form) => form.isConnected)) event.preventDefault();
  });
}
