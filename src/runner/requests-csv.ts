// The flight recorder as requests.csv. In: the frozen table and what dates its lines; out: the file's bytes in chunks,
// without secrets, so that 65,536 rows are neither one string nor one piece of work. Quoting as in RFC 4180, lines end with a line feed.

import type { CaptureOrder } from "../model/capture.ts";
import { csvCell } from "../model/csv.ts";
import { REQUEST_COLUMNS } from "../model/request-columns.ts";
import type { Scrubber } from "../scrubber/scrubber.ts";
import type { Recorder } from "../table/recorder.ts";
import { makeRequestRow, type RequestRow } from "./request-row.ts";

const CHUNK_ROWS = 1024;

/** A row as it is written, and its two names without secrets and without CSV's quotes. */
export type RowListener = (row: RequestRow, comm: string, share: string) => void;

/**
 * The whole file, oldest request first.
 * @param see is shown every row: rows are made once, whoever else wants them.
 * @returns how many secrets were taken out of it.
 */
export function* requestsCsv(
  { memory, offsets }: Recorder,
  order: Pick<CaptureOrder, "frozenAt" | "shares">,
  scrubber: Scrubber,
  see?: RowListener,
): Generator<Uint8Array, number, void> {
  const encoder = new TextEncoder();
  const toRow = makeRequestRow(order);
  const cells = new Cells(scrubber);
  yield encoder.encode(`${REQUEST_COLUMNS.join(",")}\n`);
  for (let first = 0; first < offsets.length; first += CHUNK_ROWS) {
    let text = "";
    for (const offset of offsets.subarray(first, first + CHUNK_ROWS)) {
      const row = toRow(memory.read(offset));
      const [comm, share] = [cells.show(row.comm), cells.show(row.share)];
      text += csvLine(row, comm.cell, share.cell);
      see?.(row, comm.text, share.text);
    }
    yield encoder.encode(text);
  }
  return cells.scrubbed;
}

/** Only the last two can hold what somebody else chose; the others have no character that needs quoting. */
function csvLine(row: RequestRow, comm: string, share: string): string {
  return (
    `${row.time_utc},${row.boot_ns},${row.latency_ns ?? ""},${row.state},${row.command},${row.nt_status},` +
    `${row.errno},${row.session_id},${row.tree_id},${row.message_id},${row.pid},${row.tid},` +
    `${comm},${share}\n`
  );
}

interface Shown {
  /** Without secrets. */
  readonly text: string;
  readonly cell: string;
  readonly count: number;
}

/** Names that somebody else chose, quoted and without secrets: of 65,536 rows few are of their own. */
class Cells {
  readonly #scrubber: Scrubber;
  readonly #shown = new Map<string, Shown>();
  #scrubbed = 0;

  constructor(scrubber: Scrubber) {
    this.#scrubber = scrubber;
  }

  get scrubbed(): number {
    return this.#scrubbed;
  }

  show(name: string): Shown {
    let shown = this.#shown.get(name);
    if (shown === undefined) {
      const { text, count } = this.#scrubber.scrub(name);
      shown = { text, cell: csvCell(text), count };
      this.#shown.set(name, shown);
    }
    this.#scrubbed += shown.count;
    return shown;
  }
}
