// The page about a capture, as the last part of it: the first to be left out where time, bytes or disk are short. In: what the
// capture has collected, and what is left of its limits; out: the page's bytes, or why there is none. What stands in it is src/report.
// Throws nothing once it is begun: a page that can't be made costs no capture.

import type { CaptureOrder, ReportOutcome } from "../model/capture.ts";
import { totalBytes } from "../packer/tar.ts";
import { reportChunks } from "../report/page.ts";
import { RequestTableBuilder } from "../report/request-table.ts";
import type { Manifest } from "./manifest.ts";
import type { RowListener } from "./requests-csv.ts";
import { spentText, whyDropped } from "./stages.ts";
import { byTurns } from "./turns.ts";

export const REPORT_FILE = "report.html";

export interface CaptureReport {
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
  /** Why there is none, or the table that it is made of. */
  readonly #requests: NoReport | RequestTableBuilder;

  /** @param spent until the requests are read: what is left out is not begun. */
  constructor(order: CaptureOrder, spent: Spent, stop: AbortSignal) {
    this.#order = order;
    this.#requests = whyNone(order, spent, stop) ?? new RequestTableBuilder();
  }

  /** Takes each row as it is written; undefined where none is wanted. */
  get see(): RowListener | undefined {
    const requests = this.#requests;
    if (!(requests instanceof RequestTableBuilder)) return undefined;
    return (row, comm, share) => requests.add(row, comm, share);
  }

  /**
   * @param hasRoom whether the disk has it for so many bytes more; asked before the page is made and again when its size is known.
   * @param turn resolves when the next piece of the page may be made.
   */
  async make(
    parts: ReportParts,
    spent: Spent,
    hasRoom: (bytes: number) => boolean,
    turn: () => Promise<void>,
  ): Promise<CaptureReport> {
    if (!(this.#requests instanceof RequestTableBuilder)) return { outcome: this.#requests, chunks: [] };
    try {
      const chunks = await this.#chunksOf(parts, this.#requests, spent, hasRoom, turn);
      if ("reason" in chunks) return { outcome: chunks, chunks: [] };
      const bytes = totalBytes(chunks);
      return { outcome: { status: "ok", file: REPORT_FILE, bytes, sha256: sha256Of(chunks) }, chunks };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { outcome: { status: "failed", reason: `failed: ${message}` }, chunks: [] };
    }
  }

  async #chunksOf(
    parts: ReportParts,
    requests: RequestTableBuilder,
    spent: Spent,
    hasRoom: (bytes: number) => boolean,
    turn: () => Promise<void>,
  ): Promise<NoReport | readonly Uint8Array[]> {
    const { limits } = this.#order;
    const late = whyDropped(1, this.#order, spent);
    if (late !== undefined) return missing(late);
    if (!hasRoom(0)) return missing(NO_ROOM);
    const chunks: Uint8Array[] = [];
    const page = reportChunks({ ...parts, requests: requests.finish() });
    await byTurns(page, (chunk) => void chunks.push(chunk), turn);
    const bytes = totalBytes(chunks);
    if (spent.bytes + bytes > limits.maxBytes) return missing(`dropped: ${spentText(limits)}`);
    return hasRoom(bytes) ? chunks : missing(NO_ROOM);
  }
}

// --- internal ---

type NoReport = Exclude<ReportOutcome, { status: "ok" }>;

const NO_ROOM = "dropped: the disk has no room for it";

function whyNone(order: CaptureOrder, spent: Spent, stop: AbortSignal): NoReport | undefined {
  if (!order.limits.withReport) return { status: "off", reason: "capture.report is false" };
  if (order.actions.length === 0) return { status: "off", reason: "the rule asks for no actions" };
  if (stop.aborted) return missing("aod is stopping");
  const late = whyDropped(1, order, spent);
  return late === undefined ? undefined : missing(late);
}

function missing(reason: string): NoReport {
  return { status: "missing", reason };
}

function sha256Of(chunks: readonly Uint8Array[]): string {
  const hash = new Bun.CryptoHasher("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}
