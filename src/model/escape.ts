// Makes text from another party harmless for a terminal, a log and a reader. Pure.

/**
 * Escapes also characters that JSON allows: DEL, the C1 controls, and marks that turn the direction of text. In a JSON
 * string the result means the same.
 */
export function escapeControls(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
