// Small helpers that several modules share.

/** True while the element takes typed letters, so single-letter keys must keep out of the way. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target instanceof HTMLInputElement && !/^(checkbox|radio|button|submit|reset|file|range|color)$/.test(target.type);
}

/** Makes an element with attributes and children; text children become text nodes, never HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The words of an element as a person reads them, on one line. */
export function wordsOf(element: Element): string {
  return (element.getAttribute("aria-label") ?? element.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** The save line at the foot of the page: what is stored and what is not. */
export function saveLine(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".foot .save");
}

/** The time of day here, for sentences such as "Saved 14:02:07". */
export function clock(at: Date = new Date()): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Storage that never throws: full or forbidden storage reads as empty, and put says that it failed. */
export const store = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  put(key: string, value: string): boolean {
    try {
      localStorage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  },
  drop(key: string): void {
    try {
      localStorage.removeItem(key);
    } catch {
      // Nothing is kept where storage is forbidden, so nothing has to go.
    }
  },
};
