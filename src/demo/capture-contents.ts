// What is inside a capture that the demo has just made: its files, and its worst requests. In: the archive's path;
// out: plain figures. It trusts the archive, which this very process wrote.

import { readFileSync } from "node:fs";

export interface CaptureContents {
  /** Paths inside the capture's folder, in the order of the archive. */
  readonly files: readonly string[];
  readonly manifest: { readonly source: string; readonly rule: string; readonly triggered_at: string };
  /** Rows of requests.csv, without its head. */
  readonly requests: number;
  /** The slowest and the unanswered first. */
  readonly worst: readonly WorstRequest[];
}

export interface WorstRequest {
  readonly command: string;
  readonly state: string;
  /** Age where it is in flight. */
  readonly latencyMs: number;
  readonly errno: string;
  readonly comm: string;
}

const BLOCK_BYTES = 512;

/**
 * Reads a capture. Requests in flight are as old as they were when the rule tripped.
 */
export function readCapture(path: string, worstCount: number): CaptureContents {
  const files = untar(Bun.zstdDecompressSync(readFileSync(path)));
  const [head = "", ...lines] = (files.get("requests.csv") ?? "").trimEnd().split("\n");
  const columns = head.trimEnd().split(",");
  const manifest: CaptureContents["manifest"] = JSON.parse(files.get("manifest.json") ?? "{}");
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

/** Regular files by their path below the archive's one folder: POSIX ustar. */
function untar(bytes: Uint8Array): Map<string, string> {
  const text = (at: number, length: number) => {
    const field = bytes.subarray(at, at + length);
    const end = field.indexOf(0);
    return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
  };
  const files = new Map<string, string>();
  for (let at = 0; at + BLOCK_BYTES <= bytes.length && bytes[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const path = [text(at + 345, 155), text(at, 100)].filter(Boolean).join("/");
    if (text(at + 156, 1) === "0") {
      const content = bytes.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + size);
      files.set(path.slice(path.indexOf("/") + 1), new TextDecoder().decode(content));
    }
    at += BLOCK_BYTES + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return files;
}
