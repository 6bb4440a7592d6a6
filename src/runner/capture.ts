// One capture from its order to its file: actions, flight recorder, manifest, in this order, then everything at once
// onto the disk. In: an order and the frozen request table; out: a file under its final name, or an AodError and
// nothing. Decides neither whether a capture is due nor what is in it: that is the order's.

import type { CaptureOrder, CaptureSummary } from "../model/capture.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { findAction, type Host } from "./actions.ts";
import type { Children } from "./child.ts";
import { encodeManifest, type HostFacts } from "./manifest.ts";
import { PartialCapture, requireSpace } from "./partial-capture.ts";
import { readRecorder } from "./recorder.ts";
import { encodeRequestsCsv } from "./requests-csv.ts";
import { type Collected, runAction } from "./run-action.ts";
import type { Slots } from "./slots.ts";
import { type TarEntry, tarChunks, totalBytes } from "./tar.ts";
import { judge } from "./verdict.ts";
import { VERDICT_ACTIONS, verdictFacts } from "./verdict-facts.ts";
import { compress, compressedBoundBytes } from "./zstd.ts";

/** What captures of one runner share. */
export interface CaptureContext {
  readonly folder: BatchesFolder;
  readonly facts: HostFacts;
  readonly host: Host;
  readonly children: Children;
  /** Actions of all captures together. */
  readonly slots: Slots;
  /** Ends running actions, so that their captures are complete without them. */
  readonly stop: AbortSignal;
  /** Captures are not made where they would leave less free. */
  readonly floorBytes: number;
}

/** Makes the capture. Throws DISK_FULL or CAPTURE_WRITE; then nothing of it is left. */
export async function makeCapture(
  order: CaptureOrder,
  table: ArrayBuffer,
  context: CaptureContext,
): Promise<CaptureSummary> {
  const begunMs = performance.now();
  // Before anything is collected: no work for a disk that is full, and the name is taken.
  requireSpace(context.folder, 0, context.floorBytes);
  const partial = PartialCapture.reserve(context.folder, order.frozenAt.epochMs, order.rule);
  try {
    const collected = await runActions(order, context);
    const actions = collected.map(({ outcome }) => outcome);
    const recorder = readRecorder(table, order.watchingSinceNs, order.frozenAt.monotonicNs);
    const verdict = judge(verdictFacts(order, recorder, textsOf(collected)));
    const manifest = encodeManifest(order, context.facts, recorder, actions, verdict);
    const entries: readonly TarEntry[] = [
      { path: "manifest.json", chunks: [new TextEncoder().encode(manifest)] },
      { path: "requests.csv", chunks: encodeRequestsCsv(recorder, order) },
      ...collected.flatMap(({ outcome, content }) =>
        outcome.file === undefined ? [] : [{ path: outcome.file, chunks: [content] }],
      ),
    ];
    write(partial, entries, order.frozenAt.epochMs, context);
    const { name, bytes } = partial.publish();
    const durationMs = Math.round(performance.now() - begunMs);
    return {
      orderId: order.orderId,
      incidentId: order.incidentId,
      name,
      bytes,
      durationMs,
      actions,
      verdict,
    };
  } finally {
    partial.discard();
  }
}

/**
 * What the rule asks for, and what the verdict rests on beside. Outcomes in the order of the rule's list; begun in the
 * order of their stages, the verdict's first: the nearer they are to the frozen table, the more they say of it.
 */
async function runActions(
  order: CaptureOrder,
  { slots, ...context }: CaptureContext,
): Promise<readonly Collected[]> {
  const names = [...new Set([...order.actions, ...VERDICT_ACTIONS])];
  const running = [...new Set([...VERDICT_ACTIONS, ...names])]
    .map((name) => ({ name, action: findAction(name) }))
    .toSorted((a, b) => (a.action?.stage ?? 0) - (b.action?.stage ?? 0))
    .map(({ name, action }) => slots.run(() => runAction(name, action, { ...context, order })));
  const collected = await Promise.all(running);
  return collected.toSorted((a, b) => names.indexOf(a.outcome.name) - names.indexOf(b.outcome.name));
}

/** What was printed to its end: half a list says nothing of what is not on it. */
function textsOf(collected: readonly Collected[]): Readonly<Record<string, string>> {
  const whole = collected.filter(({ outcome: { status } }) => status === "ok" || status === "failed");
  const withFile = whole.filter(({ outcome: { file } }) => file !== undefined);
  return Object.fromEntries(
    withFile.map(({ outcome, content }) => [outcome.name, new TextDecoder().decode(content)]),
  );
}

function write(
  partial: PartialCapture,
  entries: readonly TarEntry[],
  epochMs: number,
  context: CaptureContext,
): void {
  const archive = [...tarChunks({ name: partial.stem, epochMs, entries })];
  const archiveBytes = totalBytes(archive);
  requireSpace(context.folder, compressedBoundBytes(archiveBytes), context.floorBytes);
  for (const piece of compress(archive, archiveBytes)) partial.write(piece);
}
