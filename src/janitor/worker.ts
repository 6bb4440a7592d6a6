// The janitor's thread: sweeps on a message, and at the configured interval. It decides when to sweep and with which
// limits; retention.ts decides what a sweep removes.

import type { StoredCapture } from "../model/capture.ts";
import type { CleanupLimits } from "../model/config.ts";
import { exhaustionOf, isExhausted, unlessExhausted } from "../model/exhaustion.ts";
import { AodError } from "../model/failure.ts";
import { type BatchesFolder, openBatchesFolder } from "../system/batches-folder.ts";
import { boottimeNs } from "../system/clock.ts";
import { readClockState } from "../system/clock-state.ts";
import type { FromJanitor, JanitorCounts, ToJanitor } from "../thread/messages.ts";
import { type Port, serve } from "../thread/port.ts";
import { Ages } from "./ages.ts";
import { type ClockSteadiness, judgeClock } from "./clock-trust.ts";
import { listCaptures, rotateHistory, sweep } from "./inventory.ts";

type Swept = Extract<FromJanitor, { type: "swept" }>;

class Janitor {
  protectedNames: readonly string[];
  #counts: JanitorCounts = { sweeps: 0, removed: 0, removedBytes: 0 };
  readonly #port: Port<FromJanitor>;
  readonly #outputDir: string;
  readonly #ages = new Ages();
  /** Ages of the old history: the file counts as another one whenever the time of its last write has changed. */
  readonly #historyAges = new Ages();
  #clock: ClockSteadiness | undefined;
  #limits: CleanupLimits;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    port: Port<FromJanitor>,
    { outputDir, limits, protectedNames }: Extract<ToJanitor, { type: "start" }>,
  ) {
    this.#port = port;
    this.#outputDir = outputDir;
    this.#limits = limits;
    this.protectedNames = protectedNames;
  }

  get counts(): JanitorCounts {
    return this.#counts;
  }

  /** The stored captures, before any is removed. */
  found(): readonly StoredCapture[] {
    return this.#inFolder(listCaptures) ?? [];
  }

  set limits(limits: CleanupLimits) {
    this.#limits = limits;
  }

  /** Sweeps now, and again after the interval. */
  sweep(): void {
    clearTimeout(this.#timer);
    const swept = this.#inFolder((folder) => this.#sweepIn(folder));
    if (swept !== undefined) this.#port.post(swept);
    this.#timer = setTimeout(() => this.#sweepByItself(), this.#limits.intervalMs);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #sweepIn(folder: BatchesFolder): Swept {
    const found = listCaptures(folder);
    const now = { epochMs: Date.now(), boottimeNs: boottimeNs() };
    const { state, doubt } = judgeClock(this.#clock, {
      ...now,
      synchronised: readClockState()?.synchronised,
      newestNameMs: found.reduce<number | undefined>(latest, undefined),
    });
    this.#clock = state;
    const isClockTrusted = doubt === undefined;
    const captures = sweep(
      folder,
      this.#ages.update(found, now, isClockTrusted),
      this.#limits,
      this.protectedNames,
    );
    const history = rotateHistory(this.#outputDir, this.#limits, (writtenMs) =>
      this.#historyAges.ageOf(`${writtenMs}`, writtenMs, now, isClockTrusted),
    );
    const removals = [...captures.removals, ...history.removals];
    const undeletable = [...captures.undeletable, ...history.undeletable];
    const overBytes = this.#isOver ? 0 : captures.overBytes;
    this.#isOver = captures.overBytes > 0;
    this.#counts = {
      sweeps: this.#counts.sweeps + 1,
      removed: this.#counts.removed + removals.length,
      removedBytes: removals.reduce((sum, { bytes }) => sum + bytes, this.#counts.removedBytes),
    };
    return { ...captures, removals, undeletable, overBytes, ageDoubt: doubt, rotated: history.rotated };
  }

  /**
   * Undefined if a shortage of descriptors or memory prevented the act: it is counted, and the next sweep tries again.
   */
  #inFolder<Result>(act: (folder: BatchesFolder) => Result): Result | undefined {
    const result = unlessExhausted(() => this.#inOpenFolder(act));
    return isExhausted(result) ? undefined : result;
  }

  /**
   * Opens the folder for each sweep: it may have been removed or replaced. If it can't be opened, the supervisor is
   * notified and the sweep is left out.
   */
  #inOpenFolder<Result>(act: (folder: BatchesFolder) => Result): Result | undefined {
    let folder: BatchesFolder;
    try {
      folder = openBatchesFolder(this.#outputDir);
    } catch (error) {
      const isUnusable = error instanceof AodError && error.code === "OUTPUT_UNUSABLE";
      if (!isUnusable || exhaustionOf(error) !== undefined) throw error;
      this.#port.post({ type: "blocked", reason: error.message });
      return undefined;
    }
    try {
      return act(folder);
    } finally {
      folder.close();
    }
  }

  /** Called by the timer: the port does not catch what a timer throws. */
  #sweepByItself(): void {
    try {
      this.sweep();
    } catch (thrown) {
      this.#port.fail(thrown);
    }
  }
}

function latest(latestMs: number | undefined, { epochMs }: StoredCapture): number {
  return Math.max(latestMs ?? epochMs, epochMs);
}

serve<ToJanitor, FromJanitor>((port) => {
  let janitor: Janitor | undefined;
  const started = (): Janitor => {
    if (janitor === undefined) throw new AodError("BUG", "the janitor has not been started");
    return janitor;
  };
  return (message) => {
    switch (message.type) {
      case "start":
        janitor = new Janitor(port, message);
        port.post({ type: "found", captures: janitor.found() });
        port.post({ type: "ready" });
        janitor.sweep();
        break;
      case "configure":
        started().limits = message.limits;
        started().sweep();
        break;
      case "sweep":
        started().protectedNames = message.protectedNames;
        started().sweep();
        break;
      case "ping":
        port.post({ type: "pulse", counts: started().counts });
        break;
      case "stop":
        janitor?.close();
        port.post({ type: "stopped" });
        break;
      default:
        message satisfies never;
    }
  };
});
