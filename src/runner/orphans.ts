// Ends and reaps orphans: processes that have detached themselves from the program that started them, with two forks
// and a session of their own, as daemons do. They became children of aod (adoptOrphans), and end at the deadline of
// their program like its other processes. It is no longer known which program started an orphan, so it gets the latest
// deadline of all programs that were running when it was found.

import { adoptedChildren, collectChild, killTree } from "../system/descendants.ts";

/** The interval between two sweeps while there are orphans. */
const SWEEP_EVERY_MS = 500;
/** An orphan that is still alive this long after its SIGKILL is abandoned, and counted. */
const DIES_WITHIN_MS = 1_000;

/** The operations on the process table that are needed here. */
export interface ProcessTable {
  /** Pids of the descendants that aod has adopted. */
  readonly adopted: () => readonly number[];
  /** Reaps a process that has ended; false while it lives. */
  readonly collect: (pid: number) => boolean;
  /** Sends SIGKILL to a process and its descendants. Throws EPERM if that is not allowed. */
  readonly kill: (pid: number) => void;
  readonly nowMs: () => number;
}

export const PROCESS_TABLE: ProcessTable = {
  adopted: adoptedChildren,
  collect: collectChild,
  kill: killTree,
  nowMs: () => performance.now(),
};

interface Orphan {
  readonly deadlineMs: number;
  isAbandoned: boolean;
}

export class Orphans {
  readonly #table: ProcessTable;
  /** Deadlines by the pid of the program. */
  readonly #programs = new Map<number, number>();
  readonly #orphans = new Map<number, Orphan>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #abandoned = 0;

  constructor(table = PROCESS_TABLE) {
    this.#table = table;
  }

  /** Orphans that did not die in time, since the start. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /** Known orphans that have not ended. */
  get count(): number {
    return this.#orphans.size;
  }

  programBegan(pid: number, timeoutMs: number): void {
    this.#programs.set(pid, this.#table.nowMs() + timeoutMs);
  }

  /** The program's orphans may live until its deadline. They are killed now if it is over. */
  programEnded(pid: number): void {
    this.#sweep();
    this.#programs.delete(pid);
  }

  /** Kills all orphans, because aod stops. */
  close(): void {
    this.#programs.clear();
    for (const [pid, orphan] of this.#orphans) this.#orphans.set(pid, { ...orphan, deadlineMs: -Infinity });
    this.#sweep();
    clearTimeout(this.#timer);
  }

  // --- internal ---

  #sweep(): void {
    clearTimeout(this.#timer);
    const nowMs = this.#table.nowMs();
    const deadlineMs = Math.max(nowMs, ...this.#programs.values());
    for (const pid of this.#table.adopted()) {
      if (!this.#programs.has(pid) && !this.#orphans.has(pid))
        this.#orphans.set(pid, { deadlineMs, isAbandoned: false });
    }
    for (const [pid, orphan] of this.#orphans) {
      if (nowMs >= orphan.deadlineMs) this.#end(pid, orphan, nowMs);
      if (this.#table.collect(pid)) this.#orphans.delete(pid);
    }
    if (this.#orphans.size === 0) return;
    this.#timer = setTimeout(() => this.#sweep(), SWEEP_EVERY_MS);
    this.#timer.unref();
  }

  #end(pid: number, orphan: Orphan, nowMs: number): void {
    let isRefused = false;
    try {
      this.#table.kill(pid);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
      isRefused = true;
    }
    if (orphan.isAbandoned || (!isRefused && nowMs < orphan.deadlineMs + DIES_WITHIN_MS)) return;
    orphan.isAbandoned = true;
    this.#abandoned += 1;
  }
}
