// Whoever looks hung is asked after before anything is said: does somebody still wait? In: overdue requests, a witness;
// out: a verdict for each that is still open, when to ask again, and lines that nobody waits for. Pure but for the
// table, which programs change meanwhile: a line is believed only if it is the same before and after it was read.

import { FLAG } from "../model/request.gen.ts";
import type { Request, RequestMemory } from "../model/request.ts";
import { lineStartNs, readStarted } from "../table/line.ts";
import type { Liveness } from "./liveness.ts";
import type { Overdue } from "./overdue.ts";
import type { Witness } from "./witness.ts";

/** What is alive is asked about again when its age has doubled, and not sooner than this. */
const ALIVE_AGAIN_NS = 5e9;
/** What could not be told is asked about again when its age has grown by half, and not sooner than this. */
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

  /** Requests that turned out to have nobody waiting for them, ever. */
  get orphaned(): number {
    return this.#orphaned;
  }

  /** Takes the requests with lines that nobody waits for, found since the last call. */
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
   * Whether its line being open says that it is in flight. An evicted request has none, its reply would go unseen; of
   * two that are ambiguous the reply may have closed the wrong one. Such a request counts only if it is found alive.
   */
  hasOwnLine({ at }: Overdue): boolean {
    return at !== undefined && (this.#table.flags(at) & FLAG.AMBIGUOUS) === 0;
  }

  /** LedgerInputs whether anybody waits for these. Whose reply came meanwhile is left out: the record of that says all. */
  question(
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
        // Closing its line may fail; then it is found again.
        if (entry.at !== undefined) this.#found.push(entry.request);
        entry.checkNs = nowNs + Math.max(ageNs, ALIVE_AGAIN_NS);
        break;
      case "alive":
        // Of the end of one without a line no event tells.
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
