// One capture from its order to its file: actions, flight recorder, manifest, in this order, then everything at once
// onto the disk. In: an order and the frozen memory; out: a file under its final name, or an AodError and
// nothing. Decides neither whether a capture is due nor what is in it: that is the order's.

import type { CaptureOrder, CaptureSummary, FrozenMemory } from "../model/capture.ts";
import type { BatchesFolder } from "../system/batches-folder.ts";
import { findAction, type Host } from "./actions.ts";
import type { Baselines } from "./baselines.ts";
import type { Children } from "./child.ts";
import { encodeManifest, type HostFacts } from "./manifest.ts";
import { PartialCapture, requireSpace } from "./partial-capture.ts";
import { readRecorder } from "./recorder.ts";
import { encodeRequestsCsv } from "./requests-csv.ts";
import { type Collected, runAction } from "./run-action.ts";
import type { Slots } from "./slots.ts";
import { type TarEntry, tarChunks, totalBytes } from "./tar.ts";
import { compress, compressedBoundBytes } from "./zstd.ts";

/** What captures of one runner share. */
export interface CaptureContext {
  readonly folder: BatchesFolder;
  readonly facts: HostFacts;
  readonly host: Host;
  readonly children: Children;
  /** What counters were while all was well. */
  readonly baselines: Pick<Baselines, "before">;
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
  frozen: FrozenMemory,
  context: CaptureContext,
): Promise<CaptureSummary> {
  const begunMs = performance.now();
  // Before anything is collected: no work for a disk that is full, and the name is taken.
  requireSpace(context.folder, 0, context.floorBytes);
  const partial = PartialCapture.reserve(context.folder, order.frozenAt.epochMs, order.rule);
  try {
    const collected = await runActions(order, frozen, context);
    const actions = collected.map(({ outcome }) => outcome);
    const recorder = readRecorder(frozen.table, order.watchingSinceNs, order.frozenAt.monotonicNs);
    const manifest = encodeManifest(order, context.facts, recorder, actions);
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
    return { orderId: order.orderId, incidentId: order.incidentId, name, bytes, durationMs, actions };
  } finally {
    partial.discard();
  }
}

/** Outcomes in the order of the rule's list; begun in the order of their stages. */
async function runActions(
  order: CaptureOrder,
  frozen: FrozenMemory,
  { slots, ...context }: CaptureContext,
): Promise<readonly Collected[]> {
  const names = [...new Set(order.actions)];
  const running = names
    .map((name) => ({ name, action: findAction(name) }))
    .toSorted((a, b) => (a.action?.stage ?? 0) - (b.action?.stage ?? 0))
    .map(({ name, action }) => slots.run(() => runAction(name, action, { ...context, order, frozen })));
  const collected = await Promise.all(running);
  return collected.toSorted((a, b) => names.indexOf(a.outcome.name) - names.indexOf(b.outcome.name));
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
