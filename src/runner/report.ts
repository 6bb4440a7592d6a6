// The page about a capture, as the last part of it: the first to be left out where time, bytes or disk are short. In: what the
// capture has collected, and what is left of its limits; out: the page's bytes, or why there is none. What stands in it is src/report.

import type { CaptureOrder, ReportOutcome } from "../model/capture.ts";
import { reportChunks } from "../report/page.ts";
import { RequestTableBuilder } from "../report/request-table.ts";
import type { Manifest } from "./manifest.ts";
import type { SeeRow } from "./requests-csv.ts";
import { spentOf, whyDropped } from "./stages.ts";
import { totalBytes } from "./tar.ts";

export const REPORT_FILE = "report.html";

export interface Report {
  readonly outcome: ReportOutcome;
  /** Empty where there is none. */
  readonly chunks: readonly Uint8Array[];
}

/** What the page is made of, beside the requests. */
export interface ReportParts {
  readonly name: string;
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

interface Spent {
  readonly ms: number;
  /** Of the actions' files. */
  readonly bytes: number;
}

export class ReportMaker {
  readonly #order: CaptureOrder;
  readonly #requests: RequestTableBuilder | undefined;
  readonly #reason: string;

  /** @param spent until the requests are read: what is left out is not begun. */
  constructor(order: CaptureOrder, spent: Spent, stop: AbortSignal) {
    const reason = whyNone(order, spent, stop);
    this.#order = order;
    this.#reason = reason ?? "";
    this.#requests = reason === undefined ? new RequestTableBuilder() : undefined;
  }

  /** Takes each row as it is written; undefined where none is wanted. */
  get see(): SeeRow | undefined {
    const requests = this.#requests;
    return requests && ((row, comm, share) => requests.add(row, comm, share));
  }

  /**
   * Throws nothing: a page that can't be made costs no capture.
   * @param hasRoom whether the disk has it for so many bytes more.
   */
  make(parts: ReportParts, spent: Spent, hasRoom: (bytes: number) => boolean): Report {
    const { limits } = this.#order;
    if (this.#requests === undefined) return none(this.#reason);
    const late = whyDropped(1, this.#order, spent);
    if (late !== undefined) return none(late);
    let chunks: readonly Uint8Array[];
    try {
      chunks = [...reportChunks({ ...parts, requests: this.#requests.finish() })];
    } catch (error) {
      return none(`failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    const bytes = totalBytes(chunks);
    if (spent.bytes + bytes > limits.maxBytes) return none(`dropped: ${spentOf(limits)}`);
    if (!hasRoom(bytes)) return none("dropped: the disk has no room for it");
    return { outcome: { file: REPORT_FILE, bytes, sha256: sha256Of(chunks) }, chunks };
  }
}

// --- internal ---

function whyNone(order: CaptureOrder, spent: Spent, stop: AbortSignal): string | undefined {
  if (!order.limits.withReport) return "capture.report is false";
  if (order.actions.length === 0) return "the rule asks for no actions";
  if (stop.aborted) return "aod is stopping";
  return whyDropped(1, order, spent);
}

function none(reason: string): Report {
  return { outcome: { reason }, chunks: [] };
}

function sha256Of(chunks: readonly Uint8Array[]): string {
  const hash = new Bun.CryptoHasher("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}
