// requests.csv of a capture that anybody may have made, as a table. In: the file's bytes; out: its rows, by the names of
// its columns, whatever else is in it. Pure; a row that is none is passed over, and counted.

import { REQUEST_COLUMNS, type RequestColumn } from "../model/request-columns.ts";
import { type ReportRow, type RequestTable, RequestTableBuilder } from "./request-table.ts";

/** Far more than a row of aod's has. */
const LINE_MAX_CHARS = 8192;

export function readRequests(file: Uint8Array): RequestTable {
  const builder = new RequestTableBuilder();
  const text = new TextDecoder().decode(file);
  const headEnd = endOfLine(text, 0);
  const head = cellsOf(text.slice(0, Math.min(headEnd, LINE_MAX_CHARS)));
  const places = REQUEST_COLUMNS.map((name) => head.indexOf(name));
  for (let at = headEnd + 1; at < text.length; ) {
    if (builder.isFull) {
      builder.leaveOut(countLines(text, at));
      break;
    }
    const end = endOfLine(text, at);
    const cells = end - at > LINE_MAX_CHARS ? [] : cellsOf(text.slice(at, end));
    const cell = (name: RequestColumn) => cells[places[REQUEST_COLUMNS.indexOf(name)] ?? -1] ?? "";
    if (cells.length === head.length) builder.add(toRow(cell), plain(cell("comm")), plain(cell("share")));
    else builder.passOver();
    at = end + 1;
  }
  return builder.finish();
}

// --- internal ---

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

/** Without the apostrophe that keeps spreadsheets from taking it for a formula. */
function plain(text: string): string {
  return text.replace(/^'(?=[=+\-@])/, "");
}

/** A quoted cell of aod's never holds a line feed. */
function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** From `at` on, one by one: there may be as many lines as characters. */
function countLines(text: string, at: number): number {
  let lines = text.endsWith("\n") ? 0 : 1;
  for (let i = at; i < text.length; i++) if (text.charCodeAt(i) === LINE_FEED) lines++;
  return lines;
}

const LINE_FEED = 10;

/** RFC 4180. */
function cellsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(",");
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "",
  );
}
