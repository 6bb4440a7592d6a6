// One cell of a CSV file for readers by RFC 4180 and for spreadsheets, made and parsed. The text must not have line
// breaks. Pure.

/** A spreadsheet takes a cell that begins with = + - @ for a formula; an apostrophe makes it text. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The cells of a line as texts, with the apostrophe of `csvCell`. */
export function csvCells(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(",");
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "",
  );
}

/** The text from which `csvCell` made a cell. */
export function plainCell(text: string): string {
  return text.replace(/^'(?=[=+\-@])/, "");
}
