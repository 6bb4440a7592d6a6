// The reports of each rule on each share within one incident, and their sums. Two rules may report the same requests of
// a share: so the highest figure of a share's rules counts, and shares are added up, since a request belongs to one
// share. A sum may be below the truth and never exceeds it. Pure.
//
//             stuck   slow
//   //f/db      3       3      3
//   //f/home    2       2      2     ->  5 hang
//
// Bounded by SHARES_MAX: the count of a share that is evicted remains in the sum.

import type { Anomaly, Recovery } from "../model/anomaly.ts";
import { type EndedHang, SHARES_MAX } from "../model/incident.ts";

/** What hangs at this moment. */
export interface PartStanding {
  readonly count: number;
  /**
   * When the oldest began, ns of CLOCK_MONOTONIC: parts are reported at different moments, and only starts can be
   * compared.
   */
  readonly oldestStartNs: number;
}

type Reported = Pick<Anomaly, "rule" | "share" | "count" | "standing" | "detectedNs">;

/** The reports of one rule on one share. */
interface Part {
  count: number;
  standing: PartStanding | undefined;
  /** The most that hung at one time in the current hang of the incident. */
  hung: number;
  /** How many of them ended without a reply. */
  abandoned: number;
}

export class IncidentParts {
  /** By share, then by rule; the share that was reported last is the last. */
  readonly #shares = new Map<string, Map<string, Part>>();
  /** Requests of evicted shares and of an earlier run. */
  #baseCount: number;
  /** The longest of the current hang, ns. */
  #longestNs = 0;

  /** @param baseCount requests that the incident counted in an earlier run. */
  constructor(baseCount = 0) {
    this.#baseCount = baseCount;
  }

  observe({ rule, share, count, standing, detectedNs }: Reported): void {
    const part = this.#partOf(rule, share);
    part.count += count;
    part.standing = standing && { count: standing.count, oldestStartNs: detectedNs - standing.oldestNs };
    part.hung = Math.max(part.hung, standing?.count ?? 0);
    this.#longestNs = Math.max(this.#longestNs, standing?.oldestNs ?? 0);
  }

  /** Nothing hangs any more for one rule on one share. @returns false if the rule has no report on the share. */
  recover({ rule, share, count, abandoned, unreported, longestNs }: Recovery): boolean {
    const part = this.#shares.get(share)?.get(rule);
    if (part === undefined) return false;
    part.count += unreported;
    part.standing = undefined;
    part.hung = Math.max(part.hung, count);
    part.abandoned += abandoned;
    this.#longestNs = Math.max(this.#longestNs, longestNs);
    return true;
  }

  /** Marks the hangs of these rules as ended. @returns whether there were any. */
  release(isMeant: (rule: string) => boolean): boolean {
    let isReleased = false;
    for (const rules of this.#shares.values())
      for (const [rule, part] of rules) {
        if (part.standing === undefined || !isMeant(rule)) continue;
        part.standing = undefined;
        isReleased = true;
      }
    return isReleased;
  }

  /** Requests that counted. Never decreases. */
  get count(): number {
    return this.#baseCount + this.#sum(({ count }) => count);
  }

  /** What hangs at this moment; undefined if nothing does. */
  get standing(): PartStanding | undefined {
    const count = this.#sum(({ standing }) => standing?.count ?? 0);
    if (count === 0) return undefined;
    const oldestStartNs = [...this.#shares.values()]
      .flatMap((rules) => [...rules.values()])
      .reduce((oldest, { standing }) => Math.min(oldest, standing?.oldestStartNs ?? Infinity), Infinity);
    return { count, oldestStartNs };
  }

  /** The most that hung at one time in the current hang. */
  get hungCount(): number {
    return this.#sum(({ hung }) => hung);
  }

  /**
   * Ends the current hang if nothing hangs any more.
   * @returns the hang; undefined if there was none or it continues.
   */
  endHang(): EndedHang | undefined {
    if (this.standing !== undefined) return undefined;
    const ended = {
      count: this.hungCount,
      abandoned: this.#sum(({ abandoned }) => abandoned),
      longestNs: this.#longestNs,
    };
    this.#longestNs = 0;
    for (const rules of this.#shares.values())
      for (const part of rules.values()) {
        part.hung = 0;
        part.abandoned = 0;
      }
    return ended.count === 0 ? undefined : ended;
  }

  // --- internal ---

  #sum(figureOf: (part: Part) => number): number {
    return this.#shares.values().reduce((sum, rules) => sum + highest(rules, figureOf), 0);
  }

  #partOf(rule: string, share: string): Part {
    const rules = this.#shares.get(share) ?? new Map<string, Part>();
    this.#shares.delete(share);
    if (this.#shares.size >= SHARES_MAX) this.#makeRoom();
    this.#shares.set(share, rules);
    const part = rules.get(rule) ?? { count: 0, standing: undefined, hung: 0, abandoned: 0 };
    rules.set(rule, part);
    return part;
  }

  /** Evicts the share with the oldest report among those without a hang, or else the share with the oldest report. */
  #makeRoom(): void {
    const [oldest] = this.#shares.keys();
    const idle = this.#shares.entries().find(([, rules]) => highest(rules, hanging) === 0)?.[0];
    const share = idle ?? oldest;
    if (share === undefined) return;
    this.#baseCount += highest(this.#shares.get(share) ?? new Map(), ({ count }) => count);
    this.#shares.delete(share);
  }
}

function hanging({ standing }: Part): number {
  return standing?.count ?? 0;
}

function highest(rules: ReadonlyMap<string, Part>, figureOf: (part: Part) => number): number {
  return rules.values().reduce((most, part) => Math.max(most, figureOf(part)), 0);
}
