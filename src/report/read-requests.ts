// requests.csv of a capture that anybody may have made, as a table. In: the file's bytes; out: its rows, by the names of
// its columns, whatever else is in it. Pure; a row that is none is passed over, and counted.

import { REQUEST_COLUMNS, type RequestColumn } from "../model/request-columns.ts";
import { type ReportRow, type RequestTable, RequestTableBuilder } from "./request-table.ts";

export function readRequests(file: Uint8Array): RequestTable {
  const builder = new RequestTableBuilder();
  const text = new TextDecoder().decode(file);
  const [head = []] = rowsOf(text.slice(0, Math.max(0, text.indexOf("\n"))));
  const places = REQUEST_COLUMNS.map((name) => head.indexOf(name));
  let isHead = true;
  for (const cells of rowsOf(text)) {
    const cell = (name: RequestColumn) => cells[places[REQUEST_COLUMNS.indexOf(name)] ?? -1] ?? "";
    if (isHead) isHead = false;
    else if (cells.length === head.length)
      builder.add(toRow(cell), plain(cell("comm")), plain(cell("share")));
    else builder.passOver();
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

/** Line by line: a quoted cell of aod's never holds a line feed. */
function* rowsOf(text: string): Generator<readonly string[]> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length : end + 1;
    yield line.includes('"') ? cellsOf(line) : line.split(",");
  }
}

/** RFC 4180. */
function cellsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "",
  );
}
