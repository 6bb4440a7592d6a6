// Removes the secrets from the names in requests.csv of a stored capture. The input is not trusted. Cells without a
// secret keep their bytes, and rows keep their number of cells.

import { csvCell, csvCells, plainCell } from "../model/csv.ts";
import { REQUEST_COLUMNS, type RequestColumn } from "../model/request-columns.ts";
import type { Scrubber } from "../scrubber/scrubber.ts";
import type { Scrubbed } from "../scrubber/span.ts";

/** Columns of names that a user or a server chose. aod's other columns hold figures and names from fixed sets. */
const NAMES: readonly string[] = ["comm", "share"] satisfies RequestColumn[];

export interface CleanFile {
  readonly content: Uint8Array;
  /** Secrets that were removed from it. */
  readonly count: number;
}

/** Far more than aod's own rows have. */
const LINE_MAX_CHARS = 8192;

/** Searches the columns of names, every column that aod does not write, and malformed lines as a whole. */
export function cleanRequests(file: Uint8Array, scrubber: Scrubber): CleanFile {
  const [head = "", ...lines] = new TextDecoder().decode(file).split("\n");
  const columns = head.length > LINE_MAX_CHARS ? [] : csvCells(head);
  // A file without aod's own columns is searched as plain text.
  if (!NAMES.every((name) => columns.includes(name))) return cleanText(file, scrubber);
  const isSearched = columns.map(
    (name) => NAMES.includes(name) || !(REQUEST_COLUMNS as readonly string[]).includes(name),
  );
  const names = new NameCleaner(scrubber);
  const cleanLine = (line: string): string => {
    const cells = line.length > LINE_MAX_CHARS ? [] : csvCells(line);
    if (cells.length !== columns.length) return names.clean(line);
    const clean = cells.map((cell, at) => (isSearched[at] === true ? names.clean(cell) : cell));
    if (clean.every((cell, at) => cell === cells[at])) return line;
    return clean.map((cell, at) => (isSearched[at] === true ? csvCell(plainCell(cell)) : cell)).join(",");
  };
  const cleaned = lines.map(cleanLine);
  if (names.count === 0) return { content: file, count: 0 };
  return { content: new TextEncoder().encode([head, ...cleaned].join("\n")), count: names.count };
}

/** Cleans any text; without a secret, the bytes are the same. */
export function cleanText(file: Uint8Array, scrubber: Scrubber): CleanFile {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(file);
  const clean = scrubber.scrub(text);
  if (clean.count === 0) return { content: file, count: 0 };
  return { content: new TextEncoder().encode(clean.text), count: clean.count };
}

// --- internal ---

/** Remembers each name's result: 65,536 rows have few distinct names. */
class NameCleaner {
  /** Secrets in all names that were cleaned so far. */
  count = 0;
  readonly #scrubber: Scrubber;
  readonly #known = new Map<string, Scrubbed>();

  constructor(scrubber: Scrubber) {
    this.#scrubber = scrubber;
  }

  clean(name: string): string {
    let clean = this.#known.get(name);
    if (clean === undefined) {
      clean = this.#scrubber.scrub(name);
      this.#known.set(name, clean);
    }
    this.count += clean.count;
    return clean.text;
  }
}
