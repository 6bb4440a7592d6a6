// What may stay of a text of which one end is lost: its whole lines, or its whole words. Half a secret does not look like
// one, so the part that was cut goes. Pure; it must not look for secrets (engine.ts does).

/** Which end of the text is there. */
type Kept = "head" | "tail";

const WORD_MAX = 4096;
const WORD_ENDS: ReadonlySet<string> = new Set(" \t\n\r\0,;\"'(){}[]<>");

/**
 * A text of which one end is lost, without the line that was cut: half a secret does not look like one, and what it was
 * called may be gone. A single line keeps its beginning, never its end.
 */
export function wholeLines(text: string, kept: Kept): string {
  const feed = kept === "head" ? text.lastIndexOf("\n") : text.indexOf("\n");
  if (feed >= 0) return kept === "head" ? text.slice(0, feed + 1) : text.slice(feed + 1);
  return kept === "head" ? wholeWords(text) : "";
}

/**
 * A text that ends too soon, without the word that was cut: what is called a secret is known by what stands before it, but
 * half a hash is any number. Of a word without end what is longer than any secret stays.
 */
export function wholeWords(text: string): string {
  const least = Math.max(0, text.length - WORD_MAX);
  let end = text.length;
  while (end > least && !WORD_ENDS.has(text[end - 1] ?? "")) end--;
  return text.slice(0, end);
}
