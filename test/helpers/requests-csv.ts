// Encodes requests.csv in one time slice, for tests and benchmarks.

import type { CaptureOrder } from "../../src/model/capture.ts";
import { type RowListener, requestsCsv } from "../../src/runner/requests-csv.ts";
import type { Recorder } from "../../src/table/recorder.ts";
import { BUILT_IN_RULES } from "./scrubber.ts";

export function wholeRequestsCsv(
  recorder: Recorder,
  order: Pick<CaptureOrder, "frozenAt" | "shares">,
  see?: RowListener,
): { readonly bytes: Uint8Array; readonly scrubbed: number } {
  const chunks: Uint8Array[] = [];
  const work = requestsCsv(recorder, order, BUILT_IN_RULES, see);
  for (;;) {
    const { done, value } = work.next();
    if (done) return { bytes: new Uint8Array(Buffer.concat(chunks)), scrubbed: value };
    chunks.push(value);
  }
}
