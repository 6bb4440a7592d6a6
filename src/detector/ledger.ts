// The rules that are in force, and all that they have counted: a track for each rule and share. In: requests that
// count and trips, by the rule's place in the configuration; out: the anomalies that are due. Pure.
// Shares come and go, and servers name them: there are SHARES_MAX at most. Where one more comes, those go whose
// requests are too old for every window; where there is none, it is counted under OTHER_SHARES.

import type { Anomaly, Recovery } from "../model/anomaly.ts";
import type { Approach } from "../model/approach.ts";
import type { Rule } from "../model/rule.ts";
import { isPipeShare, serverOfShare } from "../model/share.ts";
import { ClosestApproach } from "./closest.ts";
import { type Limits, limitsOfAll } from "./limits.ts";
import { Narrowing } from "./narrowing.ts";
import type { Counted } from "./recent.ts";
import { type RepliesTo, Track } from "./track.ts";

export const SHARES_MAX = 256;
/** Stands for the shares beyond SHARES_MAX; no share is called that, they begin with `//`. */
export const OTHER_SHARES = "other";

/** DFS paths that lead to a share: the same list until they change. */
type DfsPathsOf = (share: string) => readonly string[];
const NO_PATHS: readonly string[] = [];

/** Facts that a ledger gets from others. */
export interface Asks {
  /** The kernel's count, for rules that trip by a share of all replies. */
  readonly repliesTo?: RepliesTo | undefined;
  readonly dfsPathsOf?: DfsPathsOf | undefined;
}

/** The tracks of one share by rule, made on demand. For use at once: another share may take their place. */
export class ShareTracks {
  readonly #rules: readonly Rule[];
  readonly #share: string;
  readonly #narrowing: Narrowing;
  readonly #repliesTo: RepliesTo | undefined;
  /** By rule: it looks at this share. */
  #admitted: readonly boolean[] | undefined;
  /** What `#admitted` was made of. */
  #dfsPaths: readonly string[] = [];
  readonly #dfsPathsOf: DfsPathsOf;
  readonly #tracks: (Track | undefined)[] = [];
  /** By rule, of all shares. */
  readonly #closest: readonly ClosestApproach[];

  constructor(
    rules: readonly Rule[],
    share: string,
    narrowing: Narrowing,
    asks: Asks,
    closest: readonly ClosestApproach[] = [],
  ) {
    this.#closest = closest;
    this.#repliesTo = asks.repliesTo;
    this.#dfsPathsOf = asks.dfsPathsOf ?? (() => NO_PATHS);
    this.#rules = rules;
    this.#share = share;
    this.#narrowing = narrowing;
  }

  /** Whether a rule looks at this share and this process. */
  admits(ruleIndex: number, comm: string): boolean {
    return this.#admittedRules()[ruleIndex] === true && this.#narrowing.admitsProcess(ruleIndex, comm);
  }

  /** The track in which a rule counts; undefined where it looks elsewhere. */
  of(ruleIndex: number, comm: string): Track | undefined {
    if (!this.admits(ruleIndex, comm)) return undefined;
    const known = this.#tracks[ruleIndex];
    if (known !== undefined) return known;
    const rule = this.#rules[ruleIndex];
    if (rule === undefined) throw new RangeError(`no rule ${ruleIndex}`);
    const track = new Track(rule, this.#share, this.#repliesTo, this.#closest[ruleIndex]);
    this.#tracks[ruleIndex] = track;
    return track;
  }

  /** Judged again when the share gets another name: a DFS link may lead to it later. */
  #admittedRules(): readonly boolean[] {
    const dfsPaths = this.#dfsPathsOf(this.#share);
    if (this.#admitted === undefined || dfsPaths !== this.#dfsPaths)
      this.#admitted = this.#rules.map((_, index) =>
        this.#narrowing.admitsShare(index, this.#share, dfsPaths),
      );
    this.#dfsPaths = dfsPaths;
    return this.#admitted;
  }

  /** Whether nothing has counted since a time, nothing is left to say, and nothing hangs. */
  isQuietSince(timeNs: number): boolean {
    return this.#tracks.every((track) => track?.isQuietSince(timeNs) ?? true);
  }
}

export class Ledger {
  readonly rules: readonly Rule[];
  readonly limits: Limits;
  readonly longestWindowNs: number;
  readonly #shares = new Map<string, ShareTracks>();
  readonly #waiting = new Set<Track>();
  /** Something that hung has ended there. */
  readonly #released = new Set<Track>();
  readonly #narrowing: Narrowing;
  readonly #asks: Asks;
  readonly #closest: readonly ClosestApproach[];

  constructor(rules: readonly Rule[], asks: Asks = {}) {
    this.#asks = asks;
    this.#closest = rules.map(() => new ClosestApproach());
    this.rules = rules;
    this.#narrowing = new Narrowing(rules);
    this.limits = limitsOfAll(rules);
    this.longestWindowNs = Math.max(0, ...rules.map(({ windowNs }) => windowNs));
  }

  /** Trouble of IPC$, which the client uses for itself, is the server's. */
  ofShare(share: string, nowNs: number): ShareTracks {
    if (isPipeShare(share)) return this.ofShare(serverOfShare(share), nowNs);
    const known = this.#shares.get(share);
    if (known !== undefined) return known;
    const hasPlace = this.#shares.size < SHARES_MAX || this.#dropQuiet(nowNs);
    if (!hasPlace && share !== OTHER_SHARES) return this.ofShare(OTHER_SHARES, nowNs);
    const tracks = new ShareTracks(this.rules, share, this.#narrowing, this.#asks, this.#closest);
    this.#shares.set(share, tracks);
    return tracks;
  }

  /** Counts a request; a window that is full with it is a reason to say something. `held`: see Track. */
  count(track: Track, counted: Counted, nowNs: number, held = false): void {
    if (track.count(counted, held) && track.tripFull(counted, nowNs)) this.#waiting.add(track);
  }

  /** This reply is a reason to say something by itself. */
  trip(track: Track, counted: Counted, nowNs: number): void {
    track.trip(counted, nowNs);
    this.#waiting.add(track);
  }

  /** This one hangs, or still does: a reason to say something where that is news. */
  hang(track: Track, who: object, counted: Counted, nowNs: number): void {
    if (track.hang(who, counted, nowNs)) this.#waiting.add(track);
  }

  /** It hangs no more. @param abandoned without a reply. */
  release(track: Track, who: object, endNs: number, abandoned: boolean): void {
    track.release(who, endNs, abandoned);
    this.#released.add(track);
  }

  /** Takes what has recovered; to be called when what is due has been said. */
  takeRecovered(): readonly Recovery[] {
    const recovered: Recovery[] = [];
    for (const track of this.#released) {
      if (!track.hasRecovered) continue;
      this.#released.delete(track);
      const recovery = track.takeRecovery();
      if (recovery !== undefined) recovered.push(recovery);
    }
    return recovered;
  }

  /** When the next anomaly may be said, ns; Infinity where none waits. */
  get nextSayNs(): number {
    let next = Infinity;
    for (const track of this.#waiting) next = Math.min(next, track.nextSayNs);
    return next;
  }

  /** Takes the anomalies that are due. */
  say(nowNs: number): readonly Anomaly[] {
    const anomalies: Anomaly[] = [];
    for (const track of this.#waiting) {
      anomalies.push(...track.say(nowNs));
      if (track.nextSayNs === Infinity) this.#waiting.delete(track);
    }
    return anomalies;
  }

  /** How near each rule came within the last hour; rules for which nothing counted are not in it. */
  approaches(nowNs: number): readonly Approach[] {
    return this.#closest.flatMap((closest) => closest.since(nowNs) ?? []);
  }

  /** Takes all anomalies that wait, due or not: before the ledger is put away. */
  sayAll(): readonly Anomaly[] {
    return this.say(Infinity);
  }

  // --- internal ---

  /** True if there is a place now. */
  #dropQuiet(nowNs: number): boolean {
    for (const [share, tracks] of this.#shares) {
      if (tracks.isQuietSince(nowNs - this.longestWindowNs)) this.#shares.delete(share);
    }
    return this.#shares.size < SHARES_MAX;
  }
}
