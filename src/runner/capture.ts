// One capture from its order to its file: actions, flight recorder, report, manifest, in this order, then everything at once
// onto the disk. In: an order and the frozen memory; out: a file under its final name, or an AodError and
// nothing. Decides neither whether a capture is due nor what is in it: that is the order's.

import { parseDebugData } from "../cifs/debug-data.ts";
import { readWchan } from "../cifs/proc.ts";
import type { CaptureOrder, CaptureSummary, FrozenMemory, Losses } from "../model/capture.ts";
import type { RequestMemory } from "../model/request.ts";
import type { Verdict } from "../model/verdict.ts";
import { type Recorder, readRecorder } from "../recorder/recorder.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { monotonicNs } from "../system/clock.ts";
import type { FromRunner } from "../thread/messages.ts";
import { evidenceAtFreeze } from "./evidence.ts";
import { encodeManifest, type HostFacts, makeManifest } from "./manifest.ts";
import { hasSpace, PartialCapture, requireSpace } from "./partial-capture.ts";
import { ReportMaker } from "./report.ts";
import { requestsCsv } from "./requests-csv.ts";
import type { Collected } from "./run-action.ts";
import { lookAgain, type SecondLook } from "./second-look.ts";
import type { Slots } from "./slots.ts";
import { runStages, type StageContext } from "./stages.ts";
import { type TarEntry, tarChunks, totalBytes } from "./tar.ts";
import { byTurns } from "./turns.ts";
import { judge } from "./verdict.ts";
import { VERDICT_ACTIONS, verdictFacts } from "./verdict-facts.ts";
import { zstd } from "./zstd.ts";

/** What captures of one runner share. */
export interface CaptureContext extends StageContext {
  readonly folder: BatchesFolder;
  /** One: what has been collected becomes a file one capture after the other. */
  readonly writing: Slots;
  readonly facts: HostFacts;
  /** What the runner itself has lost until now, by cause. */
  readonly ownLosses: () => Losses;
  /** The table as it is now. */
  readonly live: RequestMemory;
  readonly report: (report: Extract<FromRunner, { type: "progress" }>) => void;
}

/** Makes the capture. Throws DISK_FULL or CAPTURE_WRITE; then nothing of it is left. */
export async function makeCapture(
  order: CaptureOrder,
  frozen: FrozenMemory,
  context: CaptureContext,
): Promise<CaptureSummary> {
  const begunMs = performance.now();
  // Before anything is collected: no work for a disk that is full, and the name is taken.
  requireSpace(context.folder, 0, order.limits.minFreeBytes);
  const partial = PartialCapture.reserve(context.folder, order.frozenAt.epochMs, order.rule);
  try {
    const gathered = await gather(order, frozen, context);
    // The first is on the disk before the second takes memory and turns.
    return await context.writing.run(() => writeCapture(order, gathered, partial, begunMs, context));
  } finally {
    partial.discard();
  }
}

/** What a capture knows before anything of it is encoded. */
interface Gathered {
  /** With evidence and losses as they are at the end of collecting. */
  readonly settled: CaptureOrder;
  readonly recorder: Recorder;
  readonly collected: readonly Collected[];
  readonly verdict: Verdict;
}

async function gather(order: CaptureOrder, frozen: FrozenMemory, context: CaptureContext): Promise<Gathered> {
  let secondLook: SecondLook | undefined;
  const asked = { ...order, actions: withVerdict(order.actions) };
  const tellProgress = makeProgress(asked, context.report);
  const collected = await runStages(asked, frozen, context, (one) => {
    tellProgress(one);
    const list = one.outcome.name === "debugdata" ? textsOf([one]).debugdata : undefined;
    if (list === undefined) return;
    secondLook = lookAgain(parseDebugData(list), context.live, monotonicNs(), readWchan);
  });
  // What is frozen can wait for what is not.
  const recorder = readRecorder(frozen.table, order.watchingSinceNs, order.frozenAt.monotonicNs);
  // As it is now: replies have come, programs were left behind, samples failed.
  const evidence = evidenceAtFreeze(order.evidence, recorder);
  const losses = { ...order.losses, ...context.ownLosses() };
  const settled = { ...order, evidence, losses };
  const socketsBefore = context.baselines.before("sockets", order.triggeredNs)?.text;
  const collection = { texts: textsOf(collected), secondLook, socketsBefore };
  return { settled, recorder, collected, verdict: judge(verdictFacts(settled, recorder, collection)) };
}

async function writeCapture(
  order: CaptureOrder,
  { settled, recorder, collected, verdict }: Gathered,
  partial: PartialCapture,
  begunMs: number,
  { folder, facts, stop, precedence: { turn } }: CaptureContext,
): Promise<CaptureSummary> {
  const actions = collected.map(({ outcome }) => outcome);
  const actionBytes = totalBytes(collected.map(({ content }) => content));
  const spent = () => ({ ms: performance.now() - begunMs, bytes: actionBytes });
  const reportMaker = new ReportMaker(order, spent(), stop);
  const csv: Uint8Array[] = [];
  const rows = requestsCsv(recorder, order, reportMaker.see);
  const ofCsv = await byTurns(rows, (chunk) => void csv.push(chunk), turn);
  const scrubbed = collected.reduce((sum, one) => sum + one.scrubbed, ofCsv);
  const manifest = makeManifest(settled, facts, recorder, actions, verdict, scrubbed);
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
  await compress(partial, entries, order, folder, turn);
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
): (one: Collected) => void {
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

/** What was printed to its end: half a list says nothing of what is not on it. */
function textsOf(collected: readonly Collected[]): Readonly<Record<string, string>> {
  const whole = collected.filter(({ outcome: { status } }) => status === "ok" || status === "failed");
  const withFile = whole.filter(({ outcome: { file } }) => file !== undefined);
  return Object.fromEntries(
    withFile.map(({ outcome, content }) => [outcome.name, new TextDecoder().decode(content)]),
  );
}

async function compress(
  partial: PartialCapture,
  entries: readonly TarEntry[],
  { frozenAt, limits }: CaptureOrder,
  folder: BatchesFolder,
  turn: () => Promise<void>,
): Promise<void> {
  const archive = [...tarChunks({ name: partial.stem, epochMs: frozenAt.epochMs, entries })];
  const archiveBytes = totalBytes(archive);
  const mostBytes = zstd().compressedBoundBytes(archiveBytes);
  requireSpace(folder, mostBytes, limits.minFreeBytes);
  partial.allocate(mostBytes);
  await byTurns(zstd().compress(archive, archiveBytes), (piece) => partial.write(piece), turn);
}
