// The common parts of all comparisons with a baseline: the line that describes the baseline, the splitting of one
// output into its files, and differences. Pure.

import type { ClockPair } from "../model/capture.ts";
import type { Baseline, FailedSample } from "./baselines.ts";
import { makeUtcFormat } from "./utc.ts";

const REASONS: Readonly<Record<Baseline["reason"], string>> = {
  attached: "when aod attached to the client",
  resolved: "when the last incident was resolved",
  restarted: "when the capture thread was restarted",
};

/** The heading of an output without a baseline. */
export const NO_BASELINE =
  "nothing to compare with: no sample was taken before this capture; the present values follow\n\n";

/** The heading of a comparison: how old the baseline was at the freeze, and why it was taken. */
export function describeBaseline({ takenNs, reason }: Baseline, frozenAt: ClockPair): string {
  const ageSec = Math.max(0, frozenAt.monotonicNs - takenNs) / 1e9;
  const taken = makeUtcFormat(frozenAt)(takenNs);
  return `compared with a sample ${ageSec.toFixed(1)} s older than the capture, of ${taken}, ${REASONS[reason]}`;
}

/** The line above a comparison whose latest sample failed. */
export function describeFailure({ takenNs, reason, why }: FailedSample, frozenAt: ClockPair): string {
  return `the sample of ${makeUtcFormat(frozenAt)(takenNs)}, ${REASONS[reason]}, was not taken: ${why}\n`;
}

/** The contents of the files by path, from the output of a program that prints `==> path <==` before each file. */
export function splitFiles(output: string): ReadonlyMap<string, string> {
  const [, ...parts] = output.split(/^==> (\/\S+) <==\n/m);
  const files = new Map<string, string>();
  for (let i = 0; i + 1 < parts.length; i += 2) files.set(parts[i] ?? "", parts[i + 1] ?? "");
  return files;
}

/** `+3`, `-3`, `0`. */
export function signed(difference: bigint): string {
  return difference > 0n ? `+${difference}` : String(difference);
}
