// Makes one capture: actions, flight recorder, verdict, report and manifest, in this order, and then the whole file.
// The result is a file under its final name, or an AodError and no file. Decides neither whether a capture is due nor
// what it contains: the order says both.

import { readWchan } from "../cifs/proc.ts";
import type { CaptureOrder, CaptureSummary, FrozenMemory, Losses } from "../model/capture.ts";
import type { DebugData } from "../model/cifs.ts";
import { AodError } from "../model/failure.ts";
import type { RequestMemory } from "../model/request.ts";
import type { Verdict } from "../model/verdict.ts";
import { pack } from "../packer/pack.ts";
import { hasSpace, PartialCapture, requireSpace } from "../packer/partial-capture.ts";
import { type TarEntry, totalBytes } from "../packer/tar.ts";
import { zstd } from "../packer/zstd.ts";
import { makeScrubber } from "../scrubber/scrubber.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { monotonicNs } from "../system/clock.ts";
import { type Recorder, readRecorder } from "../table/recorder.ts";
import type { FromRunner } from "../thread/messages.ts";
import { findClientWaits } from "./client-waits.ts";
import { makeDebugDataParser } from "./debug-data-parser.ts";
import { evidenceAtFreeze } from "./evidence.ts";
import { encodeManifest, type HostFacts, makeManifest } from "./manifest.ts";
import { type RecheckedRequests, recheckRequests } from "./recheck.ts";
import { ReportMaker } from "./report.ts";
import { requestsCsv } from "./requests-csv.ts";
import type { ActionResult } from "./run-action.ts";
import { runInSlices, type Slots } from "./scheduling.ts";
import { runStages, type StageContext } from "./stages.ts";
import { chooseCause } from "./verdict.ts";
import { deriveVerdictFacts, VERDICT_ACTIONS } from "./verdict-facts.ts";

/** The parts that all captures of one runner share. */
export interface CaptureContext extends Omit<StageContext, "scrubber" | "parseDebugData"> {
  /** As openBatchesFolder. */
  readonly openFolder: () => BatchesFolder;
  /** A single slot: captures are written one after the other. */
  readonly writing: Slots;
  readonly facts: HostFacts;
  /** The runner's own losses until now, by cause. */
  readonly ownLosses: () => Losses;
  /** The live request table. */
  readonly live: RequestMemory;
  readonly report: (report: Extract<FromRunner, { type: "progress" }>) => void;
}

/**
 * Makes the capture. If the folder is removed or replaced meanwhile, the collected files are written once more, into
 * the new folder. Throws DISK_FULL, CAPTURE_WRITE or OUTPUT_UNUSABLE, and leaves no file behind then.
 */
export async function makeCapture(
  order: CaptureOrder,
  frozen: FrozenMemory,
  context: CaptureContext,
): Promise<CaptureSummary> {
  const begunMs = performance.now();
  // Each order has its own scrubber: a reload changes the rules about secrets.
  const scrubbing = { ...context, scrubber: makeScrubber(order.redaction) };
  let data: CollectedData | undefined;
  const attempt = () =>
    withPlace(order, context, async (place) => {
      data ??= await collectData(order, frozen, scrubbing);
      const collected = data;
      // One capture is on the disk before the next one takes memory and time slices.
      return context.writing.run(() => writeCapture(order, collected, place, begunMs, scrubbing));
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

/** Checks the free space and reserves the name before anything is collected: no work is done for a full disk. */
async function withPlace<Result>(
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

/** The data of a capture before its files are encoded. */
interface CollectedData {
  /** The order, with evidence and losses as they are at the end of collecting. */
  readonly finalOrder: CaptureOrder;
  readonly recorder: Recorder;
  readonly results: readonly ActionResult[];
  readonly verdict: Verdict;
}

type WithScrubber = CaptureContext & Pick<StageContext, "scrubber">;

async function collectData(
  order: CaptureOrder,
  frozen: FrozenMemory,
  context: WithScrubber,
): Promise<CollectedData> {
  const parse = makeDebugDataParser();
  let debugData: DebugData | undefined;
  let recheck: RecheckedRequests | undefined;
  let sampledAfterMs: number | undefined;
  // First of all, because the functions in which tasks wait change fastest.
  const clientWaits = findClientWaits(order.evidence, readWchan);
  const wanted = { ...order, actions: withVerdict(order.actions) };
  const reportProgress = makeProgress(wanted, context.report);
  const results = await runStages(wanted, frozen, { ...context, parseDebugData: parse }, (result) => {
    reportProgress(result);
    const { name } = result.outcome;
    if (name === "sockets") sampledAfterMs = (monotonicNs() - order.frozenAt.monotonicNs) / 1e6;
    const list = name === "debugdata" ? textsOf([result]).debugdata : undefined;
    if (list === undefined) return;
    debugData = parse(list);
    recheck = recheckRequests(debugData, context.live, monotonicNs(), readWchan);
  });
  // The frozen memory can wait for the readings of live state.
  const recorder = readRecorder(frozen.table, order.watchingSinceNs, order.frozenAt.monotonicNs);
  // Meanwhile replies have come, programs were abandoned, or samples failed.
  const evidence = evidenceAtFreeze(order.evidence, recorder);
  const losses = latestLosses(order.losses, context.ownLosses());
  const finalOrder = { ...order, evidence, losses };
  const socketsBefore = context.baselines.before("sockets", order.triggeredNs)?.text;
  const inputs = {
    texts: textsOf(results),
    debugData,
    recheck,
    socketsBefore,
    clientWaits,
    sampledAfterMs,
  };
  const verdict = chooseCause(deriveVerdictFacts(finalOrder, recorder, inputs));
  return { finalOrder, recorder, results: results.map((one) => ({ ...one, rawText: "" })), verdict };
}

async function writeCapture(
  order: CaptureOrder,
  { finalOrder, recorder, results, verdict }: CollectedData,
  { folder, partial }: Place,
  begunMs: number,
  { facts, stop, scrubber, precedence: { nextSlice } }: WithScrubber,
): Promise<CaptureSummary> {
  const actions = results.map(({ outcome }) => outcome);
  const actionBytes = totalBytes(results.map(({ content }) => content));
  const spent = () => ({ ms: performance.now() - begunMs, bytes: actionBytes });
  const reportMaker = new ReportMaker(order, spent(), stop);
  const csv: Uint8Array[] = [];
  const rows = requestsCsv(recorder, order, scrubber, reportMaker.onRow);
  const scrubbedInCsv = await runInSlices(rows, (chunk) => void csv.push(chunk), nextSlice);
  const scrubbed = results.reduce((sum, one) => sum + one.scrubbed, scrubbedInCsv);
  const manifest = makeManifest(finalOrder, facts, recorder, actions, verdict, { scrubber, scrubbed });
  const files = new Map(
    results.flatMap(({ outcome: { file }, content }) =>
      file === undefined ? [] : [[file, content] as const],
    ),
  );
  const restBytes = totalBytes(csv) + actionBytes;
  const hasRoom = (bytes: number) =>
    hasSpace(folder, zstd().compressedBoundBytes(restBytes + bytes), order.limits.minFreeBytes);
  const report = await reportMaker.make({ name: partial.stem, manifest, files }, spent(), hasRoom, nextSlice);
  const entries: readonly TarEntry[] = [
    { path: "manifest.json", chunks: [new TextEncoder().encode(encodeManifest(manifest, report.outcome))] },
    { path: "requests.csv", chunks: csv },
    ...[...files].map(([path, content]) => ({ path, chunks: [content] })),
    ...(report.outcome.status === "ok" ? [{ path: report.outcome.file, chunks: report.chunks }] : []),
  ];
  const tar = { name: partial.stem, epochMs: order.frozenAt.epochMs, entries };
  await runInSlices(pack(tar, partial, folder, order.limits.minFreeBytes), () => undefined, nextSlice);
  if (!folder.isInPlace())
    throw new AodError("CAPTURE_WRITE", `the output folder was replaced while ${partial.stem} was made`);
  const { orderId, incidentId } = order;
  return {
    orderId,
    incidentId,
    ...partial.publish(),
    durationMs: Math.round(performance.now() - begunMs),
    actions,
    verdict,
    report: report.outcome,
  };
}

/** Reports progress for captures on demand only: no user waits for the others. */
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

/** Adds the actions that the verdict needs, unless the rule asks for no actions at all. */
function withVerdict(actions: readonly string[]): readonly string[] {
  return actions.length === 0 ? [] : [...actions, ...VERDICT_ACTIONS];
}

/**
 * The complete outputs by action, secrets included: a verdict must depend neither on half a list nor on the rules about
 * secrets.
 */
function textsOf(results: readonly ActionResult[]): Readonly<Record<string, string>> {
  const whole = results.filter(({ outcome: { status } }) => status === "ok" || status === "failed");
  const withFile = whole.filter(({ outcome: { file } }) => file !== undefined);
  return Object.fromEntries(withFile.map(({ outcome, rawText }) => [outcome.name, rawText]));
}

/** Counts only grow, so the larger of two readings is the newer one. */
function latestLosses(ordered: Losses, own: Losses): Losses {
  const newer = Object.entries(own).map(
    ([cause, count]) => [cause, Math.max(count, ordered[cause] ?? 0)] as const,
  );
  return { ...ordered, ...Object.fromEntries(newer) };
}
