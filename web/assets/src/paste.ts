// Several lines pasted into a one-line field with data-paste="#id" go to that
// text area, whose form is then sent: it leads to a preview and stores nothing.
// A browser would join the lines into one.
export function takeLines(): void {
  document.addEventListener("paste", (event) => {
    const field = event.target instanceof HTMLInputElement ? event.target : null;
    const area = field?.dataset["paste"] ? document.querySelector<HTMLTextAreaElement>(field.dataset["paste"]) : null;
    const text = event.clipboardData?.getData("text/plain").replace(/\r\n?/g, "\n") ?? "";
    if (!area?.form || !text.trimEnd().includes("\n")) return;
    event.preventDefault();
    area.closest("details")?.setAttribute("open", "");
    area.value = area.value.trim() ? `${area.value}\n${text}` : text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.form.requestSubmit();
  });
}
