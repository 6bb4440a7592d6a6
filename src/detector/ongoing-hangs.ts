// What hangs at this moment, for one rule on one share: when it is worth an anomaly, and when it has ended. An anomaly
// reports the first hang, and the growth to twice as many or to twice the age; a recovery reports the end. Pure.
//
//   hang      a----------------------------.
//                 b------.    c----c'
//   reported  1   2             (2 were reported already)      again when the oldest is twice as old as in the report
//   ended                                  recovery: 3 hung, the longest was a

import { type CurrentHangs, EVIDENCE_MAX, type Recovery } from "../model/anomaly.ts";
import type { Request } from "../model/request.ts";

export class OngoingHangs {
  readonly #least: number;
  /** By an identity that the caller chooses. */
  readonly #hanging = new Map<object, Request>();
  #reported: CurrentHangs | undefined;
  #count = 0;
  #abandoned = 0;
  #longestNs = 0;
  #endedNs = 0;

  /** @param least hangs at one time that are worth a report. */
  constructor(least: number) {
    this.#least = least;
  }

  get size(): number {
    return this.#hanging.size;
  }

  /** @param who the same object until `remove`. */
  add(who: object, request: Request): void {
    if (this.#hanging.has(who)) return;
    this.#hanging.set(who, request);
    this.#count += 1;
  }

  /** The EVIDENCE_MAX oldest, oldest first. */
  get evidence(): readonly Request[] {
    const oldestFirst = [...this.#hanging.values()].sort((a, b) => Number(a.startNs - b.startNs));
    return oldestFirst.slice(0, EVIDENCE_MAX);
  }

  /** How many hang and the age of the oldest; undefined if nothing hangs. */
  standing(nowNs: number): CurrentHangs | undefined {
    if (this.#hanging.size === 0) return undefined;
    let oldest = Infinity;
    for (const { startNs } of this.#hanging.values()) oldest = Math.min(oldest, Number(startNs));
    return { count: this.#hanging.size, oldestNs: nowNs - oldest };
  }

  /**
   * Whether there are enough for the rule, and no report yet, or twice as many or twice as old as in the last report.
   */
  isNews(nowNs: number): boolean {
    if (this.#hanging.size < this.#least) return false;
    if (this.#reported === undefined || this.#hanging.size >= 2 * this.#reported.count) return true;
    // The first that was added is nearly always the oldest, and needs no search.
    const [first] = this.#hanging.values();
    return first !== undefined && nowNs - Number(first.startNs) >= 2 * this.#reported.oldestNs;
  }

  noteReported(nowNs: number): void {
    this.#reported = this.standing(nowNs) ?? this.#reported;
  }

  /** Takes over what was reported under another rule of the same name. */
  adopt(other: OngoingHangs): void {
    this.#reported ??= other.#reported;
  }

  /** @param abandoned whether it has ended without a reply. */
  remove(who: object, endNs: number, abandoned: boolean): void {
    const request = this.#hanging.get(who);
    if (request === undefined) return;
    this.#hanging.delete(who);
    this.#longestNs = Math.max(this.#longestNs, endNs - Number(request.startNs));
    this.#endedNs = Math.max(this.#endedNs, endNs);
    if (abandoned) this.#abandoned += 1;
  }

  /** Takes the report of the end; undefined while something hangs, or if the hang was never reported. */
  takeRecovery(): Omit<Recovery, "rule" | "share" | "unreported"> | undefined {
    if (this.#hanging.size > 0) return undefined;
    const recovery =
      this.#reported === undefined
        ? undefined
        : {
            count: this.#count,
            abandoned: this.#abandoned,
            longestNs: this.#longestNs,
            endedNs: this.#endedNs,
          };
    this.#reported = undefined;
    this.#count = 0;
    this.#abandoned = 0;
    this.#longestNs = 0;
    this.#endedNs = 0;
    return recovery;
  }
}
