// Cuts a text that has lost one end to its whole lines or whole words. Half a secret is not recognised as one, so the
// partial line or word is removed. Pure; it must not look for secrets (engine.ts does).

/** The end of the text that was kept. */
type Kept = "head" | "tail";

const WORD_MAX = 4096;
const WORD_ENDS: ReadonlySet<string> = new Set(" \t\n\r\0,;\"'(){}[]<>");

/**
 * Removes the partial line of a text that has lost one end: half a secret is not recognised as one, and its name may be
 * lost. Of a single line only the beginning stays, never the end.
 */
export function wholeLines(text: string, kept: Kept): string {
  const feed = kept === "head" ? text.lastIndexOf("\n") : text.indexOf("\n");
  if (feed >= 0) return kept === "head" ? text.slice(0, feed + 1) : text.slice(feed + 1);
  return kept === "head" ? wholeWords(text) : "";
}

/**
 * Removes the partial word of a text that has lost its end: a named secret is recognised by the text before it, but
 * half a hash looks like any number. Of a very long word only the last part is removed; it is longer than any secret.
 */
export function wholeWords(text: string): string {
  const least = Math.max(0, text.length - WORD_MAX);
  let end = text.length;
  while (end > least && !WORD_ENDS.has(text[end - 1] ?? "")) end--;
  return text.slice(0, end);
}
