// The rules that are in force, and all that they have counted: a track for each rule and share. In: requests that
// count and trips, by the rule's place in the configuration; out: the anomalies that are due. Pure.
// Shares come and go, and servers name them: there are LEDGER_SHARES_MAX at most. Where one more comes, those go whose
// requests are too old for every window; where there is none, it is counted under OTHER_SHARES.

import type { Anomaly, Recovery } from "../model/anomaly.ts";
import type { Approach } from "../model/approach.ts";
import type { Rule } from "../model/rule.ts";
import { isPipeShare, serverOfShare } from "../model/share.ts";
import { ClosestApproach } from "./closest.ts";
import { type Limits, limitsOfAll } from "./limits.ts";
import type { Counted } from "./recent-requests.ts";
import { RuleScopes } from "./rule-scope.ts";
import { type RepliesTo, RuleWindow } from "./rule-window.ts";

export const LEDGER_SHARES_MAX = 256;
/** Stands for the shares beyond LEDGER_SHARES_MAX; no share is called that, they begin with `//`. */
export const OTHER_SHARES = "other";

/** DFS paths that lead to a share: the same list until they change. */
type DfsPathsOf = (share: string) => readonly string[];
const NO_PATHS: readonly string[] = [];

/** Facts that a ledger gets from others. */
export interface LedgerInputs {
  /** The kernel's count, for rules that trip by a share of all replies. */
  readonly repliesTo?: RepliesTo | undefined;
  readonly dfsPathsOf?: DfsPathsOf | undefined;
}

/** The tracks of one share by rule, made on demand. For use at once: another share may take their place. */
export class ShareWindows {
  readonly #rules: readonly Rule[];
  readonly #share: string;
  readonly #scopes: RuleScopes;
  readonly #repliesTo: RepliesTo | undefined;
  /** By rule: it looks at this share. */
  #admitted: readonly boolean[] | undefined;
  /** What `#admitted` was made of. */
  #dfsPaths: readonly string[] = [];
  readonly #dfsPathsOf: DfsPathsOf;
  readonly #windows: (RuleWindow | undefined)[] = [];
  /** By rule, of all shares. */
  readonly #closest: readonly ClosestApproach[];

  constructor(
    rules: readonly Rule[],
    share: string,
    scopes: RuleScopes,
    inputs: LedgerInputs,
    closest: readonly ClosestApproach[] = [],
  ) {
    this.#closest = closest;
    this.#repliesTo = inputs.repliesTo;
    this.#dfsPathsOf = inputs.dfsPathsOf ?? (() => NO_PATHS);
    this.#rules = rules;
    this.#share = share;
    this.#scopes = scopes;
  }

  /** Whether a rule looks at this share and this process. */
  admits(ruleIndex: number, comm: string): boolean {
    return this.#admittedRules()[ruleIndex] === true && this.#scopes.admitsProcess(ruleIndex, comm);
  }

  /** The track in which a rule counts; undefined where it looks elsewhere. */
  of(ruleIndex: number, comm: string): RuleWindow | undefined {
    if (!this.admits(ruleIndex, comm)) return undefined;
    const known = this.#windows[ruleIndex];
    if (known !== undefined) return known;
    const rule = this.#rules[ruleIndex];
    if (rule === undefined) throw new RangeError(`no rule ${ruleIndex}`);
    const ruleWindow = new RuleWindow(rule, this.#share, this.#repliesTo, this.#closest[ruleIndex]);
    this.#windows[ruleIndex] = ruleWindow;
    return ruleWindow;
  }

  /** Judged again when the share gets another name: a DFS link may lead to it later. */
  #admittedRules(): readonly boolean[] {
    const dfsPaths = this.#dfsPathsOf(this.#share);
    if (this.#admitted === undefined || dfsPaths !== this.#dfsPaths)
      this.#admitted = this.#rules.map((_, index) => this.#scopes.admitsShare(index, this.#share, dfsPaths));
    this.#dfsPaths = dfsPaths;
    return this.#admitted;
  }

  /** Whether nothing has counted since a time, nothing is left to say, and nothing hangs. */
  isQuietSince(timeNs: number): boolean {
    return this.#windows.every((ruleWindow) => ruleWindow?.isQuietSince(timeNs) ?? true);
  }
}

export class Ledger {
  readonly rules: readonly Rule[];
  readonly limits: Limits;
  readonly longestWindowNs: number;
  readonly #shares = new Map<string, ShareWindows>();
  readonly #waiting = new Set<RuleWindow>();
  /** Something that hung has ended there. */
  readonly #released = new Set<RuleWindow>();
  readonly #scopes: RuleScopes;
  readonly #inputs: LedgerInputs;
  readonly #closest: readonly ClosestApproach[];

  constructor(rules: readonly Rule[], inputs: LedgerInputs = {}) {
    this.#inputs = inputs;
    this.#closest = rules.map(() => new ClosestApproach());
    this.rules = rules;
    this.#scopes = new RuleScopes(rules);
    this.limits = limitsOfAll(rules);
    this.longestWindowNs = Math.max(0, ...rules.map(({ windowNs }) => windowNs));
  }

  /** Trouble of IPC$, which the client uses for itself, is the server's. */
  ofShare(share: string, nowNs: number): ShareWindows {
    if (isPipeShare(share)) return this.ofShare(serverOfShare(share), nowNs);
    const known = this.#shares.get(share);
    if (known !== undefined) return known;
    const hasPlace = this.#shares.size < LEDGER_SHARES_MAX || this.#dropQuiet(nowNs);
    if (!hasPlace && share !== OTHER_SHARES) return this.ofShare(OTHER_SHARES, nowNs);
    const windows = new ShareWindows(this.rules, share, this.#scopes, this.#inputs, this.#closest);
    this.#shares.set(share, windows);
    return windows;
  }

  /** Counts a request; a window that is full with it is a reason to say something. `held`: see RuleWindow. */
  count(ruleWindow: RuleWindow, counted: Counted, nowNs: number, held = false): void {
    if (ruleWindow.count(counted, held) && ruleWindow.tripFull(counted, nowNs)) this.#waiting.add(ruleWindow);
  }

  /** This reply is a reason to say something by itself. */
  trip(ruleWindow: RuleWindow, counted: Counted, nowNs: number): void {
    ruleWindow.trip(counted, nowNs);
    this.#waiting.add(ruleWindow);
  }

  /** This one hangs, or still does: a reason to say something where that is news. */
  hang(ruleWindow: RuleWindow, who: object, counted: Counted, nowNs: number): void {
    if (ruleWindow.hang(who, counted, nowNs)) this.#waiting.add(ruleWindow);
  }

  /** It hangs no more. @param abandoned without a reply. */
  release(ruleWindow: RuleWindow, who: object, endNs: number, abandoned: boolean): void {
    ruleWindow.release(who, endNs, abandoned);
    this.#released.add(ruleWindow);
  }

  /** Takes what has recovered; to be called when what is due has been said. */
  takeRecovered(): readonly Recovery[] {
    const recovered: Recovery[] = [];
    for (const ruleWindow of this.#released) {
      if (!ruleWindow.hasRecovered) continue;
      this.#released.delete(ruleWindow);
      const recovery = ruleWindow.takeRecovery();
      if (recovery !== undefined) recovered.push(recovery);
    }
    return recovered;
  }

  /** When the next anomaly may be said, ns; Infinity where none waits. */
  get nextReportNs(): number {
    let next = Infinity;
    for (const ruleWindow of this.#waiting) next = Math.min(next, ruleWindow.nextReportNs);
    return next;
  }

  /** Takes the anomalies that are due. */
  takeDue(nowNs: number): readonly Anomaly[] {
    const anomalies: Anomaly[] = [];
    for (const ruleWindow of this.#waiting) {
      anomalies.push(...ruleWindow.takeDue(nowNs));
      if (ruleWindow.nextReportNs === Infinity) this.#waiting.delete(ruleWindow);
    }
    return anomalies;
  }

  /** How near each rule came within the last hour; rules for which nothing counted are not in it. */
  approaches(nowNs: number): readonly Approach[] {
    return this.#closest.flatMap((closest) => closest.since(nowNs) ?? []);
  }

  /** Takes all anomalies that wait, due or not: before the ledger is put away. */
  takeAll(): readonly Anomaly[] {
    return this.takeDue(Infinity);
  }

  // --- internal ---

  /** True if there is a place now. */
  #dropQuiet(nowNs: number): boolean {
    for (const [share, windows] of this.#shares) {
      if (windows.isQuietSince(nowNs - this.longestWindowNs)) this.#shares.delete(share);
    }
    return this.#shares.size < LEDGER_SHARES_MAX;
  }
}
