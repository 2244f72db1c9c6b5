// Keys of the why tree. A row is [data-node] inside [data-tree]; its buttons carry
// data-do: sibling, child, outdent, up, down, action. A key presses the button of the
// row that has the focus, so everything works the same by mouse and without script.
// Escape hands the next Tab back to the browser, so nobody is trapped in the tree.

let released = false;

function deedOf(event: KeyboardEvent): string | null {
  if (event.altKey) return event.key === "ArrowUp" ? "up" : event.key === "ArrowDown" ? "down" : null;
  if (event.key === "Enter") return event.ctrlKey || event.metaKey ? "action" : event.shiftKey ? null : "sibling";
  if (event.key === "Tab" && !event.ctrlKey && !event.metaKey) return event.shiftKey ? "outdent" : "child";
  return null;
}

function onKey(event: KeyboardEvent): void {
  if (!(event.target instanceof Element) || event.isComposing) return;
  // Buttons and links in a row keep their own Enter and Tab.
  if (!event.target.matches("input, textarea, [data-node]")) return;
  const row = event.target.closest("[data-tree] [data-node]");
  if (!row) return;
  if (event.key === "Escape") {
    released = true;
    return;
  }
  const deed = deedOf(event);
  if (!deed) return;
  if (event.key === "Tab" && released) {
    released = false;
    return;
  }
  const button = ownButton(row, deed);
  if (!button) return;
  event.preventDefault();
  button.click();
}

// Rows nest, so a button counts only when its nearest row is this one.
function ownButton(row: Element, deed: string): HTMLElement | null {
  for (const button of row.querySelectorAll<HTMLButtonElement>(`[data-do="${deed}"]`)) {
    if (button.closest("[data-node]") === row && !button.disabled) return button;
  }
  return null;
}

/** Listens for the tree's keys, also in rows that arrive later. */
export function listenInTrees(): void {
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusout", () => (released = false));
}
