// Makes the report page of a capture, its last part and the first to be left out if time, bytes or disk are short. The
// result has the page's bytes, or the reason why there is none. src/report renders the contents. Making the page never
// throws: a page that can't be made costs no capture.

import type { CaptureOrder, ReportOutcome } from "../model/capture.ts";
import { totalBytes } from "../packer/tar.ts";
import { reportChunks } from "../report/page.ts";
import { RequestTableBuilder } from "../report/request-table.ts";
import type { Manifest } from "./manifest.ts";
import type { RowListener } from "./requests-csv.ts";
import { runInSlices } from "./scheduling.ts";
import { spentText, whyDropped } from "./stages.ts";

export const REPORT_FILE = "report.html";

export interface CaptureReport {
  readonly outcome: ReportOutcome;
  /** Empty without a page. */
  readonly chunks: readonly Uint8Array[];
}

/** The contents of the page, except for the requests. */
export interface ReportParts {
  readonly name: string;
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

interface Spent {
  readonly ms: number;
  /** The size of the actions' files. */
  readonly bytes: number;
}

export class ReportMaker {
  readonly #order: CaptureOrder;
  /** The page's table of requests, or the reason why there is no page. */
  readonly #requests: NoReport | RequestTableBuilder;

  /** @param spent the time and bytes until now: the table of a page that is left out is not begun. */
  constructor(order: CaptureOrder, spent: Spent, stop: AbortSignal) {
    this.#order = order;
    this.#requests = whyNone(order, spent, stop) ?? new RequestTableBuilder();
  }

  /** Takes each row while requests.csv is written; undefined if there will be no page. */
  get onRow(): RowListener | undefined {
    const requests = this.#requests;
    if (!(requests instanceof RequestTableBuilder)) return undefined;
    return (row, comm, share) => requests.add(row, comm, share);
  }

  /**
   * @param hasRoom whether the disk has room for so many more bytes; called before the page is made, and again with its
   * size.
   * @param nextSlice resolves when the next piece of the page may be made.
   */
  async make(
    parts: ReportParts,
    spent: Spent,
    hasRoom: (bytes: number) => boolean,
    nextSlice: () => Promise<void>,
  ): Promise<CaptureReport> {
    if (!(this.#requests instanceof RequestTableBuilder)) return { outcome: this.#requests, chunks: [] };
    try {
      const chunks = await this.#chunksOf(parts, this.#requests, spent, hasRoom, nextSlice);
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
    nextSlice: () => Promise<void>,
  ): Promise<NoReport | readonly Uint8Array[]> {
    const { limits } = this.#order;
    const late = whyDropped(1, this.#order, spent);
    if (late !== undefined) return missing(late);
    if (!hasRoom(0)) return missing(NO_ROOM);
    const chunks: Uint8Array[] = [];
    const page = reportChunks({ ...parts, requests: requests.finish() });
    await runInSlices(page, (chunk) => void chunks.push(chunk), nextSlice);
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
