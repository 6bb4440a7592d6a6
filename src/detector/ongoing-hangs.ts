// What hangs at this moment, for one rule on one share: when it is news, and when it is over. In: who begins and ends to
// hang; out: figures to be said, once, again as it grows, and at the end. Pure.
//
//   hang      a----------------------------.
//                 b------.    c----c'
//   news      1   2             (2 were said)        and where the oldest is twice as old as it was when it was said
//   over                                   recovery: 3, the longest a's

import { EVIDENCE_MAX, type Recovery, type CurrentHangs } from "../model/anomaly.ts";
import type { Request } from "../model/request.ts";

export class OngoingHangs {
  readonly #least: number;
  /** By whom the caller means; only told apart. */
  readonly #hanging = new Map<object, Request>();
  #said: CurrentHangs | undefined;
  #count = 0;
  #abandoned = 0;
  #longestNs = 0;
  #endedNs = 0;

  /** @param least fewer at one time are no news. */
  constructor(least: number) {
    this.#least = least;
  }

  get size(): number {
    return this.#hanging.size;
  }

  add(who: object, request: Request): void {
    if (this.#hanging.has(who)) return;
    this.#hanging.set(who, request);
    this.#count += 1;
  }

  /** Those that hang for the longest, oldest first. */
  get evidence(): readonly Request[] {
    const oldestFirst = [...this.#hanging.values()].sort((a, b) => Number(a.startNs - b.startNs));
    return oldestFirst.slice(0, EVIDENCE_MAX);
  }

  /** Undefined where nothing hangs. */
  standing(nowNs: number): CurrentHangs | undefined {
    if (this.#hanging.size === 0) return undefined;
    let oldest = Infinity;
    for (const { startNs } of this.#hanging.values()) oldest = Math.min(oldest, Number(startNs));
    return { count: this.#hanging.size, oldestNs: nowNs - oldest };
  }

  /** Enough for the rule, and never said, or twice as many or twice as old as what was said last. */
  isNews(nowNs: number): boolean {
    if (this.#hanging.size < this.#least) return false;
    if (this.#said === undefined || this.#hanging.size >= 2 * this.#said.count) return true;
    // Who came first is as good as the oldest for this, and costs no search.
    const [first] = this.#hanging.values();
    return first !== undefined && nowNs - Number(first.startNs) >= 2 * this.#said.oldestNs;
  }

  noteReported(nowNs: number): void {
    this.#said = this.standing(nowNs) ?? this.#said;
  }

  /** What was said under another rule of the same name is said. */
  adopt(other: OngoingHangs): void {
    this.#said ??= other.#said;
  }

  /** @param abandoned it has ended without a reply. */
  remove(who: object, endNs: number, abandoned: boolean): void {
    const request = this.#hanging.get(who);
    if (request === undefined) return;
    this.#hanging.delete(who);
    this.#longestNs = Math.max(this.#longestNs, endNs - Number(request.startNs));
    this.#endedNs = Math.max(this.#endedNs, endNs);
    if (abandoned) this.#abandoned += 1;
  }

  /** What is to be said at the end; undefined where something hangs, or nothing was ever said of it. */
  takeRecovery(): Omit<Recovery, "rule" | "share" | "unreported"> | undefined {
    if (this.#hanging.size > 0) return undefined;
    const recovery =
      this.#said === undefined
        ? undefined
        : {
            count: this.#count,
            abandoned: this.#abandoned,
            longestNs: this.#longestNs,
            endedNs: this.#endedNs,
          };
    this.#said = undefined;
    this.#count = 0;
    this.#abandoned = 0;
    this.#longestNs = 0;
    this.#endedNs = 0;
    return recovery;
  }
}
