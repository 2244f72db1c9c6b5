// Single-letter keys. A control with data-key="e" is pressed (or focused, for a field)
// by that letter outside fields; data-key-label says what it does in the list of keys,
// else its own words do. Built in: / search, j k rows, g and a number for a section,
// ? this list. All of them can be switched off, remembered on this device.
import { make, store, takesText, wordsOf } from "./page";

type Key = { press: string; does: string };

const switchedOff = "coe.keys.off";
const chordLasts = 1500;

let sectionDigits: { typed: string; timer: number } | null = null;

const one = (selector: string) => document.querySelector<HTMLElement>(selector);
const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
const searchField = () => one(".find input");
const sections = () => all(".outline a");

function visible(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}

function use(control: HTMLElement): void {
  if (takesText(control)) {
    control.focus();
    if (control instanceof HTMLInputElement) control.select();
  } else {
    control.click();
  }
}

function moveRow(step: number): void {
  const rows = all("[data-row]").filter(visible);
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)]!;
  const link = next.querySelector<HTMLElement>("a[href], button, input");
  if (!link) next.tabIndex = -1;
  (link ?? next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function sectionNumbered(number: string): HTMLElement | undefined {
  return sections().find((link) => link.firstElementChild?.textContent?.trim() === number);
}

function endChord(): void {
  if (!sectionDigits) return;
  clearTimeout(sectionDigits.timer);
  const number = sectionDigits.typed;
  sectionDigits = null;
  sectionNumbered(number)?.click();
}

// "g 1" waits a moment where a section 10 exists; "g 3" goes at once.
function typeSection(digit: string): void {
  clearTimeout(sectionDigits!.timer);
  sectionDigits!.typed += digit;
  const typed = sectionDigits!.typed;
  const longer = sections().some((link) => {
    const number = link.firstElementChild?.textContent?.trim() ?? "";
    return number !== typed && number.startsWith(typed);
  });
  if (longer) sectionDigits!.timer = window.setTimeout(endChord, chordLasts / 2);
  else endChord();
}

function startChord(): void {
  sectionDigits = { typed: "", timer: window.setTimeout(() => (sectionDigits = null), chordLasts) };
}

function builtIn(key: string): boolean {
  switch (key) {
    case "/":
      searchField()?.focus();
      return searchField() !== null;
    case "?":
      showKeys();
      return true;
    case "j":
    case "k":
      moveRow(key === "j" ? 1 : -1);
      return one("[data-row]") !== null;
    case "g":
      if (sections().length > 0) startChord();
      return sections().length > 0;
  }
  return false;
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key.length !== 1 || takesText(event.target) || one("dialog[open]") || store.get(switchedOff)) return;
  if (sectionDigits && /^[0-9]$/.test(event.key)) {
    event.preventDefault();
    typeSection(event.key);
    return;
  }
  const control = all("[data-key]").find((element) => element.dataset["key"] === event.key && visible(element));
  if (control) {
    event.preventDefault();
    use(control);
  } else if (builtIn(event.key)) {
    event.preventDefault();
  }
}

function keysHere(): Key[] {
  const keys: Key[] = all("[data-key]")
    .filter(visible)
    .map((element) => ({ press: element.dataset["key"]!, does: element.dataset["keyLabel"] ?? wordsOf(element) }));
  // Keys that a page explains itself, such as those of the why tree.
  for (const note of all("[data-key-note]")) keys.push({ press: note.dataset["keyNote"]!, does: wordsOf(note) });
  for (const hint of footHints()) keys.push({ press: hint.press.textContent ?? "", does: hint.does });
  if (one("[data-row]")) keys.push({ press: "j k", does: "next and previous row" });
  if (sections().length > 0) keys.push({ press: "g 3", does: "go to section 3" });
  if (searchField()) keys.push({ press: "/", does: "search" });
  keys.push({ press: "?", does: "show these keys" });
  return keys.filter((key, i) => keys.findIndex((other) => other.press === key.press) === i);
}

// The foot line shows the page's most useful keys: <span><kbd>e</kbd> edit</span>.
function footHints(): { hint: HTMLElement; press: HTMLElement; does: string }[] {
  return all(".foot .keys > span").flatMap((hint) => {
    const press = hint.querySelector<HTMLElement>("kbd");
    return press ? [{ hint, press, does: wordsOf(hint).slice(wordsOf(press).length).trim() }] : [];
  });
}

function onOffSwitch(): HTMLElement {
  const box = make("input", { type: "checkbox" });
  box.checked = !store.get(switchedOff);
  box.addEventListener("change", () => (box.checked ? store.drop(switchedOff) : store.put(switchedOff, "yes")));
  return make("label", {}, box, " Single-letter keys are on, on this device");
}

function showKeys(): void {
  const list = make("dl", { class: "kv" });
  for (const key of keysHere()) list.append(make("dt", {}, make("kbd", {}, key.press)), make("dd", {}, key.does));
  const close = make("button", { type: "submit" }, "Close");
  const title = make("h2", { id: "keysheet-title" }, "Keys of this page");
  const sheet = make("dialog", { class: "keysheet", "aria-labelledby": title.id }, title, list, onOffSwitch());
  sheet.append(make("form", { method: "dialog" }, close));
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
  close.focus();
}

// The list has to be reachable when single letters are off, so a button opens it too.
function offerButton(): void {
  const foot = one(".foot");
  if (!foot || one("[data-keys-open]")) return;
  const button = make("button", { type: "button", class: "plain", "data-keys-open": "" }, make("kbd", {}, "?"), " all keys");
  const hint = footHints().find(({ press }) => press.textContent === "?")?.hint;
  if (hint) hint.replaceWith(button);
  else (foot.querySelector(".keys") ?? foot).append(button);
}

/** Starts listening, and offers a button for the list of keys. */
export function listenForKeys(): void {
  offerButton();
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-keys-open]")) showKeys();
  });
}
