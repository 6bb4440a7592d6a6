// Before a hang is reported, checks that a task still waits for the reply. For each overdue request that is still open
// it gives an answer and the time of the next check, and it collects orphaned requests, whose reply no task awaits any
// more. Pure but for the request table, which BPF programs change while it is read: a line is used only if its start is
// the same before and after the read.

import { FLAG } from "../model/request.gen.ts";
import type { Request, RequestMemory } from "../model/request.ts";
import { lineStartNs, readStarted } from "../table/line.ts";
import type { Liveness } from "./liveness.ts";
import type { Overdue } from "./overdue.ts";
import type { Witness } from "./witness.ts";

/** A request that is alive is checked again when its age has doubled, and not sooner than this. */
const ALIVE_AGAIN_NS = 5e9;
/** An unsure request is checked again when its age has grown by half, and not sooner than this. */
const UNSURE_AGAIN_NS = 1e9;

export class LivenessCheck {
  readonly #table: RequestMemory;
  readonly #witness: Witness;
  #found: Request[] = [];
  #orphaned = 0;

  constructor(table: RequestMemory, witness: Witness) {
    this.#table = table;
    this.#witness = witness;
  }

  /** Requests that were found orphaned so far. */
  get orphaned(): number {
    return this.#orphaned;
  }

  /** Takes the orphaned requests with open lines that were found since the last call. */
  takeOrphaned(): readonly Request[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** The request of an open line, if the line is still that one's when it was read. */
  readOpen(at: number, startNs: number): Request | undefined {
    const request = readStarted(this.#table, at, startNs);
    return this.#isOpen(at, startNs) ? request : undefined;
  }

  /**
   * Whether its open line proves that it is in flight. An evicted request has no line, so its reply would go unseen;
   * and a reply may have closed the wrong one of two ambiguous lines. Such a request counts only if it is found alive.
   */
  hasOwnLine({ at }: Overdue): boolean {
    return at !== undefined && (this.#table.flags(at) & FLAG.AMBIGUOUS) === 0;
  }

  /** Checks these requests. A request whose reply has come meanwhile is left out: the record of its end decides. */
  check(
    suspects: readonly Overdue[],
    nowNs: number,
  ): readonly { readonly entry: Overdue; readonly liveness: Liveness }[] {
    if (suspects.length === 0) return [];
    const answers = this.#witness.check(
      suspects.map((entry) => ({
        request: entry.request,
        hasLine: this.hasOwnLine(entry),
        sinceNs: entry.checkedNs,
      })),
      nowNs,
    );
    const open = suspects.map((entry, index) => ({ entry, liveness: answers[index] ?? "unsure" }));
    return open.filter(({ entry, liveness }) => {
      if (entry.at !== undefined && !this.#isOpen(entry.at, entry.startNs)) return false;
      this.#note(entry, liveness, nowNs);
      return true;
    });
  }

  // --- internal ---

  #isOpen(at: number, startNs: number): boolean {
    const isOpen = this.#table.latencyNs(at) === 0;
    return isOpen && lineStartNs(this.#table, at) === startNs;
  }

  #note(entry: Overdue, liveness: Liveness, nowNs: number): void {
    const ageNs = nowNs - entry.startNs;
    entry.onHold = liveness !== "alive";
    entry.isStale = liveness === "stale";
    if (liveness !== "stale") entry.checkedNs = nowNs;
    switch (liveness) {
      case "dead":
        this.#orphaned += 1;
        // Closing its line may fail; then a later check finds it again.
        if (entry.at !== undefined) this.#found.push(entry.request);
        entry.checkNs = nowNs + Math.max(ageNs, ALIVE_AGAIN_NS);
        break;
      case "alive":
        // No event reports the end of a request without a line.
        entry.checkNs = nowNs + (entry.at === undefined ? ALIVE_AGAIN_NS : Math.max(ageNs, ALIVE_AGAIN_NS));
        break;
      case "stale":
        entry.checkNs = Math.max(this.#witness.readableNs, nowNs + 1);
        break;
      case "unsure":
        entry.checkNs = nowNs + Math.max(ageNs / 2, UNSURE_AGAIN_NS);
        break;
      default:
        liveness satisfies never;
    }
  }
}
