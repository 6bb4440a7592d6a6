// One cell of a CSV file, as a reader by RFC 4180 and a spreadsheet take it. In: a text without line breaks; out: the cell, and back. Pure.

/** A spreadsheet takes a cell that begins with = + - @ for a formula: an apostrophe makes it text. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The texts of a line's cells, the apostrophe of `csvCell` included. */
export function csvCells(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(",");
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "",
  );
}

/** The text that `csvCell` made a cell's text from. */
export function plainCell(text: string): string {
  return text.replace(/^'(?=[=+\-@])/, "");
}
