// The janitor's thread: sweeps when it is told to, and by itself at the configured interval. What a sweep removes is
// decided by retention.ts; here is only when, and with which limits.

import type { StoredCapture } from "../model/capture.ts";
import type { CleanupLimits } from "../model/config.ts";
import { AodError } from "../model/failure.ts";
import { type BatchesFolder, openBatchesFolder } from "../system/batches-folder.ts";
import type { FromJanitor, JanitorCounts, ToJanitor } from "../thread/messages.ts";
import { type Port, serve } from "../thread/port.ts";
import { listCaptures, sweep, tendHistory } from "./inventory.ts";

class Janitor {
  protectedNames: readonly string[];
  #counts: JanitorCounts = { sweeps: 0, removed: 0, removedBytes: 0 };
  readonly #port: Port<FromJanitor>;
  readonly #outputDir: string;
  readonly #folder: BatchesFolder;
  #limits: CleanupLimits;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    port: Port<FromJanitor>,
    { outputDir, limits, protectedNames }: Extract<ToJanitor, { type: "start" }>,
  ) {
    this.#port = port;
    this.#outputDir = outputDir;
    this.#folder = openBatchesFolder(outputDir);
    this.#limits = limits;
    this.protectedNames = protectedNames;
  }

  get counts(): JanitorCounts {
    return this.#counts;
  }

  /** What lies there, before anything is removed. */
  found(): readonly StoredCapture[] {
    return listCaptures(this.#folder);
  }

  set limits(limits: CleanupLimits) {
    this.#limits = limits;
  }

  /** Sweeps now, and again when the interval is over. */
  sweep(): void {
    clearTimeout(this.#timer);
    const nowMs = Date.now();
    const captures = sweep(this.#folder, this.#limits, nowMs, this.protectedNames);
    const history = tendHistory(this.#outputDir, this.#limits, nowMs);
    const removals = [...captures.removals, ...history.removals];
    const stuck = [...captures.stuck, ...history.stuck];
    const overBytes = this.#isOver ? 0 : captures.overBytes;
    this.#isOver = captures.overBytes > 0;
    const swept = { ...captures, removals, stuck, overBytes, rotated: history.rotated };
    this.#counts = {
      sweeps: this.#counts.sweeps + 1,
      removed: this.#counts.removed + swept.removals.length,
      removedBytes: swept.removals.reduce((sum, { bytes }) => sum + bytes, this.#counts.removedBytes),
    };
    this.#port.post(swept);
    this.#timer = setTimeout(() => this.#sweepByItself(), this.#limits.intervalMs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#folder.close();
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
