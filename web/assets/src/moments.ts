// A moment of the event stands in several places: a timeline row, a marker in each
// graph, a numeral in a sentence. All carry data-mark="3" (or "1 2 3" where one
// bubble stands for several); pointing at one lights the others.

const attribute = "data-mark";

function momentsOf(target: EventTarget | null): string[] {
  const holder = target instanceof Element ? target.closest(`[${attribute}]`) : null;
  return holder?.getAttribute(attribute)?.split(/\s+/).filter(Boolean) ?? [];
}

function light(moments: string[]): void {
  for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
  for (const moment of moments) {
    for (const element of document.querySelectorAll(`[${attribute}~="${CSS.escape(moment)}"]`)) element.classList.add("lit");
  }
}

/** Lights every mark of the moment under the pointer or the focus. */
export function lightMoments(): void {
  for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, (event) => light(momentsOf(event.target)));
  document.addEventListener("focusout", () => light([]));
  document.documentElement.addEventListener("pointerleave", () => light([]));
}
