// The janitor's thread: sweeps when it is told to, and by itself at the configured interval. What a sweep removes is
// decided by retention.ts; here is only when, and with which limits.

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
import { listCaptures, sweep, tendHistory } from "./inventory.ts";

type Swept = Extract<FromJanitor, { type: "swept" }>;

class Janitor {
  protectedNames: readonly string[];
  #counts: JanitorCounts = { sweeps: 0, removed: 0, removedBytes: 0 };
  readonly #port: Port<FromJanitor>;
  readonly #outputDir: string;
  readonly #ages = new Ages();
  /** Of the old history, which is another file each time that it was written last at another time. */
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

  /** What lies there, before anything is removed. */
  found(): readonly StoredCapture[] {
    return this.#inFolder(listCaptures) ?? [];
  }

  set limits(limits: CleanupLimits) {
    this.#limits = limits;
  }

  /** Sweeps now, and again when the interval is over. */
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
    const isBelieved = doubt === undefined;
    const captures = sweep(
      folder,
      this.#ages.look(found, now, isBelieved),
      this.#limits,
      this.protectedNames,
    );
    const history = tendHistory(this.#outputDir, this.#limits, (writtenMs) =>
      this.#historyAges.ageOf(`${writtenMs}`, writtenMs, now, isBelieved),
    );
    const removals = [...captures.removals, ...history.removals];
    const stuck = [...captures.stuck, ...history.stuck];
    const overBytes = this.#isOver ? 0 : captures.overBytes;
    this.#isOver = captures.overBytes > 0;
    this.#counts = {
      sweeps: this.#counts.sweeps + 1,
      removed: this.#counts.removed + removals.length,
      removedBytes: removals.reduce((sum, { bytes }) => sum + bytes, this.#counts.removedBytes),
    };
    return { ...captures, removals, stuck, overBytes, ageDoubt: doubt, rotated: history.rotated };
  }

  /** Undefined for a sweep that a shortage of descriptors or memory kept from being made: it is counted, and the next one comes. */
  #inFolder<Result>(act: (folder: BatchesFolder) => Result): Result | undefined {
    const result = unlessExhausted(() => this.#inOpenFolder(act));
    return isExhausted(result) ? undefined : result;
  }

  /** Opened for each sweep: it may have been removed or replaced. Where it can't be opened, the supervisor is notified and the sweep is left out. */
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

  /** What a timer throws passes the port by. */
  #sweepByItself(): void {
    try {
      this.sweep();
    } catch (thrown) {
      this.#port.fail(thrown);
    }
  }
}

function latest(so: number | undefined, { epochMs }: StoredCapture): number {
  return Math.max(so ?? epochMs, epochMs);
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
