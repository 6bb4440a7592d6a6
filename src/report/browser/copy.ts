// The button that copies the report as text for a ticket. The text is in the page, in a hidden element; where the
// browser refuses to copy, the element is shown, so that the reader can copy it by hand.

const DONE_MS = 2_000;

export function showCopyButton(button: HTMLButtonElement, ticket: HTMLElement): void {
  const label = button.textContent;
  let restoring = 0;
  button.addEventListener("click", async () => {
    const isCopied = await copy(ticket.textContent ?? "");
    if (!isCopied) {
      ticket.hidden = false;
      getSelection()?.selectAllChildren(ticket);
    }
    button.textContent = isCopied ? "Copied" : "Copy the selected text";
    clearTimeout(restoring);
    restoring = setTimeout(() => {
      button.textContent = label;
    }, DONE_MS) as unknown as number;
  });
  button.hidden = false;
}

/** False if the browser has no clipboard for this page, or the user forbids it. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
