// One capture from its order to its file: actions, flight recorder, report, manifest, in this order, then everything at once
// onto the disk. In: an order and the frozen memory; out: a file under its final name, or an AodError and
// nothing. Decides neither whether a capture is due nor what is in it: that is the order's.

import { parseDebugData } from "../cifs/debug-data.ts";
import { readWchan } from "../cifs/proc.ts";
import type { CaptureOrder, CaptureSummary, FrozenMemory, Losses } from "../model/capture.ts";
import { AodError } from "../model/failure.ts";
import type { RequestMemory } from "../model/request.ts";
import type { Verdict } from "../model/verdict.ts";
import { pack } from "../packer/pack.ts";
import { hasSpace, PartialCapture, requireSpace } from "../packer/partial-capture.ts";
import { type TarEntry, totalBytes } from "../packer/tar.ts";
import { zstd } from "../packer/zstd.ts";
import { type Recorder, readRecorder } from "../recorder/recorder.ts";
import { makeScrubber } from "../scrubber/scrubber.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { monotonicNs } from "../system/clock.ts";
import type { FromRunner } from "../thread/messages.ts";
import { findClientWaits } from "./client-waits.ts";
import { evidenceAtFreeze } from "./evidence.ts";
import { encodeManifest, type HostFacts, makeManifest } from "./manifest.ts";
import { type RecheckedRequests, recheckRequests } from "./recheck.ts";
import { ReportMaker } from "./report.ts";
import { requestsCsv } from "./requests-csv.ts";
import type { ActionResult } from "./run-action.ts";
import type { Slots } from "./slots.ts";
import { runStages, type StageContext } from "./stages.ts";
import { byTurns } from "./turns.ts";
import { chooseCause } from "./verdict.ts";
import { deriveVerdictFacts, VERDICT_ACTIONS } from "./verdict-facts.ts";

/** What captures of one runner share. */
export interface CaptureContext extends Omit<StageContext, "scrubber"> {
  /** As openBatchesFolder. */
  readonly openFolder: () => BatchesFolder;
  /** One: what has been collected becomes a file one capture after the other. */
  readonly writing: Slots;
  readonly facts: HostFacts;
  /** What the runner itself has lost until now, by cause. */
  readonly ownLosses: () => Losses;
  /** The table as it is now. */
  readonly live: RequestMemory;
  readonly report: (report: Extract<FromRunner, { type: "progress" }>) => void;
}

/**
 * Makes the capture. Where the folder is removed or replaced meanwhile, the collected files are written once more, into the new
 * folder. Throws DISK_FULL, CAPTURE_WRITE or OUTPUT_UNUSABLE; then nothing of the capture is left.
 */
export async function makeCapture(
  order: CaptureOrder,
  frozen: FrozenMemory,
  context: CaptureContext,
): Promise<CaptureSummary> {
  const begunMs = performance.now();
  // A scrubber for each order: a reload changes the rules about secrets.
  const scrubbing = { ...context, scrubber: makeScrubber(order.redaction) };
  let gathered: CollectedData | undefined;
  const attempt = () =>
    inPlace(order, context, async (place) => {
      gathered ??= await gather(order, frozen, scrubbing);
      const known = gathered;
      // The first is on the disk before the second takes memory and turns.
      return context.writing.run(() => writeCapture(order, known, place, begunMs, scrubbing));
    });
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof AodError) || error.code !== "CAPTURE_WRITE") throw error;
    return attempt();
  }
}

/** Where a capture is written. */
interface Place {
  readonly folder: BatchesFolder;
  readonly partial: PartialCapture;
}

/** Before anything is collected: no work for a disk that is full, and the name is taken. */
async function inPlace<Result>(
  { limits, frozenAt, rule }: CaptureOrder,
  { openFolder }: CaptureContext,
  use: (place: Place) => Promise<Result>,
): Promise<Result> {
  const folder = openFolder();
  try {
    requireSpace(folder, 0, limits.minFreeBytes);
    const partial = PartialCapture.reserve(folder, frozenAt.epochMs, rule);
    try {
      return await use({ folder, partial });
    } finally {
      partial.discard();
    }
  } finally {
    folder.close();
  }
}

/** What a capture knows before anything of it is encoded. */
interface CollectedData {
  /** With evidence and losses as they are at the end of collecting. */
  readonly settled: CaptureOrder;
  readonly recorder: Recorder;
  readonly collected: readonly ActionResult[];
  readonly verdict: Verdict;
}

type WithScrubber = CaptureContext & Pick<StageContext, "scrubber">;

async function gather(
  order: CaptureOrder,
  frozen: FrozenMemory,
  context: WithScrubber,
): Promise<CollectedData> {
  let recheck: RecheckedRequests | undefined;
  let sampledAfterMs: number | undefined;
  // At once: where tasks wait changes fastest.
  const clientWaits = findClientWaits(order.evidence, readWchan);
  const asked = { ...order, actions: withVerdict(order.actions) };
  const tellProgress = makeProgress(asked, context.report);
  const collected = await runStages(asked, frozen, context, (one) => {
    tellProgress(one);
    if (one.outcome.name === "sockets") sampledAfterMs = (monotonicNs() - order.frozenAt.monotonicNs) / 1e6;
    const list = one.outcome.name === "debugdata" ? textsOf([one]).debugdata : undefined;
    if (list === undefined) return;
    recheck = recheckRequests(parseDebugData(list), context.live, monotonicNs(), readWchan);
  });
  // What is frozen can wait for what is not.
  const recorder = readRecorder(frozen.table, order.watchingSinceNs, order.frozenAt.monotonicNs);
  // As it is now: replies have come, programs were left behind, samples failed.
  const evidence = evidenceAtFreeze(order.evidence, recorder);
  const losses = latestLosses(order.losses, context.ownLosses());
  const settled = { ...order, evidence, losses };
  const socketsBefore = context.baselines.before("sockets", order.triggeredNs)?.text;
  const texts = textsOf(collected);
  const verdict = chooseCause(
    deriveVerdictFacts(settled, recorder, { texts, recheck, socketsBefore, clientWaits, sampledAfterMs }),
  );
  return { settled, recorder, collected: collected.map((one) => ({ ...one, rawText: "" })), verdict };
}

async function writeCapture(
  order: CaptureOrder,
  { settled, recorder, collected, verdict }: CollectedData,
  { folder, partial }: Place,
  begunMs: number,
  { facts, stop, scrubber, precedence: { turn } }: WithScrubber,
): Promise<CaptureSummary> {
  const actions = collected.map(({ outcome }) => outcome);
  const actionBytes = totalBytes(collected.map(({ content }) => content));
  const spent = () => ({ ms: performance.now() - begunMs, bytes: actionBytes });
  const reportMaker = new ReportMaker(order, spent(), stop);
  const csv: Uint8Array[] = [];
  const rows = requestsCsv(recorder, order, scrubber, reportMaker.see);
  const ofCsv = await byTurns(rows, (chunk) => void csv.push(chunk), turn);
  const scrubbed = collected.reduce((sum, one) => sum + one.scrubbed, ofCsv);
  const manifest = makeManifest(settled, facts, recorder, actions, verdict, { scrubber, scrubbed });
  const files = new Map(
    collected.flatMap(({ outcome: { file }, content }) =>
      file === undefined ? [] : [[file, content] as const],
    ),
  );
  const restBytes = totalBytes(csv) + actionBytes;
  const hasRoom = (bytes: number) =>
    hasSpace(folder, zstd().compressedBoundBytes(restBytes + bytes), order.limits.minFreeBytes);
  const report = await reportMaker.make({ name: partial.stem, manifest, files }, spent(), hasRoom, turn);
  const entries: readonly TarEntry[] = [
    { path: "manifest.json", chunks: [new TextEncoder().encode(encodeManifest(manifest, report.outcome))] },
    { path: "requests.csv", chunks: csv },
    ...[...files].map(([path, content]) => ({ path, chunks: [content] })),
    ...(report.outcome.status === "ok" ? [{ path: report.outcome.file, chunks: report.chunks }] : []),
  ];
  const tar = { name: partial.stem, epochMs: order.frozenAt.epochMs, entries };
  await byTurns(pack(tar, partial, folder, order.limits.minFreeBytes), () => undefined, turn);
  if (!folder.isInPlace())
    throw new AodError("CAPTURE_WRITE", `the output folder was replaced while ${partial.stem} was made`);
  const { orderId, incidentId } = order;
  return {
    ...{ orderId, incidentId, ...partial.publish() },
    durationMs: Math.round(performance.now() - begunMs),
    ...{ actions, verdict, report: report.outcome },
  };
}

/** Of captures that nobody waits for nothing is said before they are complete. */
function makeProgress(
  { trigger, orderId, actions }: CaptureOrder,
  report: CaptureContext["report"],
): (one: ActionResult) => void {
  const of = new Set(actions).size;
  let ended = 0;
  return ({ outcome: { name: action, status } }) => {
    ended++;
    if (trigger === "manual") report({ type: "progress", orderId, action, status, ended, of });
  };
}

/** Who asks for no action at all gets none. */
function withVerdict(actions: readonly string[]): readonly string[] {
  return actions.length === 0 ? [] : [...actions, ...VERDICT_ACTIONS];
}

/** Complete outputs only, before secrets are removed: a verdict must depend neither on half a list nor on the rules about secrets. */
function textsOf(collected: readonly ActionResult[]): Readonly<Record<string, string>> {
  const whole = collected.filter(({ outcome: { status } }) => status === "ok" || status === "failed");
  const withFile = whole.filter(({ outcome: { file } }) => file !== undefined);
  return Object.fromEntries(withFile.map(({ outcome, rawText }) => [outcome.name, rawText]));
}

/** Counts only grow: of two readings the larger one is the newer. */
function latestLosses(ordered: Losses, own: Losses): Losses {
  const newer = Object.entries(own).map(
    ([cause, count]) => [cause, Math.max(count, ordered[cause] ?? 0)] as const,
  );
  return { ...ordered, ...Object.fromEntries(newer) };
}
