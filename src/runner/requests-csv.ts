// Encodes the flight recorder as requests.csv, without secrets, in chunks: 65,536 rows must be neither one string nor
// one time slice. Quoting is that of RFC 4180; lines end with a line feed.

import type { CaptureOrder } from "../model/capture.ts";
import { csvCell } from "../model/csv.ts";
import { REQUEST_COLUMNS } from "../model/request-columns.ts";
import type { Scrubber } from "../scrubber/scrubber.ts";
import type { Recorder } from "../table/recorder.ts";
import { makeRequestRow, type RequestRow } from "./request-row.ts";

const CHUNK_ROWS = 1024;

/** Gets each row, and its two names without secrets and without the quotes of CSV. */
export type RowListener = (row: RequestRow, comm: string, share: string) => void;

/**
 * The whole file, oldest request first.
 * @param onRow gets every row, so that other users of the rows need not make them again.
 * @returns the number of secrets that were removed.
 */
export function* requestsCsv(
  { memory, offsets }: Recorder,
  order: Pick<CaptureOrder, "frozenAt" | "shares">,
  scrubber: Scrubber,
  onRow?: RowListener,
): Generator<Uint8Array, number, void> {
  const encoder = new TextEncoder();
  const toRow = makeRequestRow(order);
  const cells = new NameCells(scrubber);
  yield encoder.encode(`${REQUEST_COLUMNS.join(",")}\n`);
  for (let first = 0; first < offsets.length; first += CHUNK_ROWS) {
    let text = "";
    for (const offset of offsets.subarray(first, first + CHUNK_ROWS)) {
      const row = toRow(memory.read(offset));
      const comm = cells.encode(row.comm);
      const share = cells.encode(row.share);
      text += csvLine(row, comm.cell, share.cell);
      onRow?.(row, comm.text, share.text);
    }
    yield encoder.encode(text);
  }
  return cells.scrubbed;
}

/** Only the last two cells hold names that a user or a server chose; the others need no quoting. */
function csvLine(row: RequestRow, comm: string, share: string): string {
  return (
    `${row.time_utc},${row.boot_ns},${row.latency_ns ?? ""},${row.state},${row.command},${row.nt_status},` +
    `${row.errno},${row.session_id},${row.tree_id},${row.message_id},${row.pid},${row.tid},` +
    `${comm},${share}\n`
  );
}

interface EncodedName {
  /** The name without secrets. */
  readonly text: string;
  readonly cell: string;
  readonly count: number;
}

/** Scrubs and quotes names, each once: 65,536 rows have few distinct names. */
class NameCells {
  readonly #scrubber: Scrubber;
  readonly #encoded = new Map<string, EncodedName>();
  #scrubbed = 0;

  constructor(scrubber: Scrubber) {
    this.#scrubber = scrubber;
  }

  get scrubbed(): number {
    return this.#scrubbed;
  }

  encode(name: string): EncodedName {
    let encoded = this.#encoded.get(name);
    if (encoded === undefined) {
      const { text, count } = this.#scrubber.scrub(name);
      encoded = { text, cell: csvCell(text), count };
      this.#encoded.set(name, encoded);
    }
    this.#scrubbed += encoded.count;
    return encoded;
  }
}
