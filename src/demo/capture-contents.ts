// Reads a capture that the demo has just made: its files, and its slowest requests.

import { readCapture } from "../capture/reader.ts";

export interface CaptureContents {
  /** Paths inside the capture's folder, in the order of the archive. */
  readonly files: readonly string[];
  readonly manifest: { readonly source: string; readonly rule: string; readonly triggered_at: string };
  /** Rows of requests.csv, without the header. */
  readonly requests: number;
  /** The slowest requests, answered or not, the slowest first. */
  readonly worst: readonly WorstRequest[];
}

export interface WorstRequest {
  readonly command: string;
  readonly state: string;
  /** Latency, or the age of a request in flight. */
  readonly latencyMs: number;
  readonly errno: string;
  readonly comm: string;
}

/** Reads a capture. Requests in flight have the age that they had when the rule tripped. */
export function summarizeCapture(path: string, worstCount: number): CaptureContents {
  const { files, manifest: whole } = readCapture(path);
  const [head = "", ...lines] = new TextDecoder().decode(files.get("requests.csv")).trimEnd().split("\n");
  const columns = head.trimEnd().split(",");
  const manifest = whole as unknown as CaptureContents["manifest"];
  const triggeredMs = Date.parse(manifest.triggered_at);
  const rows = lines.map((line) => toRequest(columns, line.trimEnd().split(","), triggeredMs));
  const worst = rows.sort((a, b) => b.latencyMs - a.latencyMs).slice(0, worstCount);
  return { files: [...files.keys()], manifest, requests: rows.length, worst };
}

function toRequest(columns: readonly string[], cells: readonly string[], triggeredMs: number): WorstRequest {
  const cell = (name: string) => cells[columns.indexOf(name)] ?? "";
  const inFlight = cell("state") === "in_flight";
  return {
    command: cell("command"),
    state: cell("state"),
    latencyMs: inFlight ? triggeredMs - Date.parse(cell("time_utc")) : Number(cell("latency_ns")) / 1e6,
    errno: cell("errno"),
    comm: cell("comm"),
  };
}
