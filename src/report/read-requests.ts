// Reads requests.csv of a capture of unknown origin into a table, by the names of its columns; other columns are
// ignored. Pure. A row that cannot be read is skipped and counted.

import { csvCells, plainCell } from "../model/csv.ts";
import { REQUEST_COLUMNS, type RequestColumn } from "../model/request-columns.ts";
import { type ReportRow, type RequestTable, RequestTableBuilder } from "./request-table.ts";

/** Far longer than a row that aod writes. */
const LINE_MAX_CHARS = 8192;

export function readRequests(file: Uint8Array): RequestTable {
  const builder = new RequestTableBuilder();
  const text = new TextDecoder().decode(file.subarray(0, DECODED_MAX_BYTES));
  const headEnd = endOfLine(text, 0);
  const head = csvCells(text.slice(0, Math.min(headEnd, LINE_MAX_CHARS)));
  const places = REQUEST_COLUMNS.map((name) => head.indexOf(name));
  for (let at = headEnd + 1; at < text.length; ) {
    if (builder.isFull) {
      builder.leaveOut(countLines(text, at));
      break;
    }
    const end = endOfLine(text, at);
    const cells = end - at > LINE_MAX_CHARS ? [] : csvCells(text.slice(at, end));
    const cell = (name: RequestColumn) => cells[places[REQUEST_COLUMNS.indexOf(name)] ?? -1] ?? "";
    if (cells.length === head.length)
      builder.add(toRow(cell), plainCell(cell("comm")), plainCell(cell("share")));
    else builder.passOver();
    at = end + 1;
  }
  builder.leaveOut(countLineFeeds(file.subarray(DECODED_MAX_BYTES)));
  return builder.finish();
}

// --- internal ---

/**
 * A full flight recorder takes a third of this. Decoded text takes twice its bytes, so the rest of a larger file is not
 * decoded.
 */
const DECODED_MAX_BYTES = 64 << 20;

function countLineFeeds(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines++;
  return lines;
}

function toRow(cell: (name: RequestColumn) => string): ReportRow {
  const latency = cell("latency_ns");
  return {
    time_utc: cell("time_utc"),
    boot_ns: cell("boot_ns"),
    latency_ns: latency === "" ? null : Number(latency),
    state: cell("state"),
    command: cell("command"),
    nt_status: cell("nt_status"),
    errno: cell("errno"),
    message_id: cell("message_id"),
    pid: Number(cell("pid")),
    tid: Number(cell("tid")),
  };
}

/** The quoted cells that aod writes never contain a line feed. */
function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Lines from `at` on. They are counted without splitting, because there may be as many lines as characters. */
function countLines(text: string, at: number): number {
  let lines = text.endsWith("\n") ? 0 : 1;
  for (let i = at; i < text.length; i++) if (text.charCodeAt(i) === LINE_FEED) lines++;
  return lines;
}

const LINE_FEED = 10;
