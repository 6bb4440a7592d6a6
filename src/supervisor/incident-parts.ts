// What each rule has reported of each share within one incident, and the sums over all of them. Two rules report the same
// requests of a share: of the rules of one share the highest figure counts, and shares are added up, for a request has one
// share. So the sums are at most the truth and never twice the truth. Pure.
//
//             stuck   slow
//   //f/db      3       3      3
//   //f/home    2       2      2     ->  5 hang
//
// Bounded by SHARES_MAX: the count of a share that makes room stays in the sum.

import type { Anomaly, Recovery } from "../model/anomaly.ts";
import { type EndedHang, SHARES_MAX } from "../model/incident.ts";

/** What hangs at this moment. */
export interface PartStanding {
  readonly count: number;
  /** When the oldest began, ns of CLOCK_MONOTONIC: parts are reported at different moments, and only starts can be compared. */
  readonly oldestStartNs: number;
}

type Reported = Pick<Anomaly, "rule" | "share" | "count" | "standing" | "detectedNs">;

/** Of one rule on one share. */
interface Part {
  count: number;
  standing: PartStanding | undefined;
  /** The most that hung in one go since nothing of the incident did. */
  hung: number;
  /** Of those, how many ended without a reply. */
  abandoned: number;
}

export class IncidentParts {
  /** By share, then by rule; the share that was reported last is the last. */
  readonly #shares = new Map<string, Map<string, Part>>();
  /** Of shares that made room, and of an earlier run. */
  #baseCount: number;
  /** Of what hung since nothing of the incident did, ns. */
  #longestNs = 0;

  /** @param baseCount what the incident has counted in an earlier run. */
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

  /** Nothing hangs any more for one rule on one share. @returns false where the rule has reported nothing of the share. */
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

  /** Takes what hangs for these rules as ended. @returns whether anything did. */
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

  /** Requests that counted. Never falls. */
  get count(): number {
    return this.#baseCount + this.#sum(({ count }) => count);
  }

  /** What hangs at this moment; undefined where nothing does. */
  get standing(): PartStanding | undefined {
    const count = this.#sum(({ standing }) => standing?.count ?? 0);
    if (count === 0) return undefined;
    const oldestStartNs = [...this.#shares.values()]
      .flatMap((rules) => [...rules.values()])
      .reduce((oldest, { standing }) => Math.min(oldest, standing?.oldestStartNs ?? Infinity), Infinity);
    return { count, oldestStartNs };
  }

  /** The most that hung in one go since nothing did. */
  get hungCount(): number {
    return this.#sum(({ hung }) => hung);
  }

  /** Ends what hung, if nothing hangs any more, so that the next hang begins anew. @returns it; undefined where nothing hung. */
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

  /** The share that nothing hangs on and that was reported the longest ago, else the latter. */
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
