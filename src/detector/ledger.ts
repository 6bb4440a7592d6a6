// The rules in force and all that they have counted: one window for each rule and share. Rules are named by their index
// in the configuration. Pure. Shares come and go, and servers choose their names, so there are LEDGER_SHARES_MAX at
// most: for one more, the ledger drops shares whose requests are too old for every window; if there is none, it counts
// the new share under OTHER_SHARES.

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
/** Stands for all shares beyond LEDGER_SHARES_MAX. It can't be a share's name: those begin with `//`. */
export const OTHER_SHARES = "other";

/** The DFS paths that lead to a share; the same list object until they change. */
type DfsPathsOf = (share: string) => readonly string[];
const NO_PATHS: readonly string[] = [];

/** Facts that other objects provide. */
export interface LedgerInputs {
  /** The kernel's reply counters, for rules that trip by a percentage of all replies. */
  readonly repliesTo?: RepliesTo | undefined;
  readonly dfsPathsOf?: DfsPathsOf | undefined;
}

/** The windows of one share by rule, made on demand. Do not keep it: another share may take its slot. */
export class ShareWindows {
  readonly #rules: readonly Rule[];
  readonly #share: string;
  readonly #scopes: RuleScopes;
  readonly #repliesTo: RepliesTo | undefined;
  /** By rule index: whether the rule covers this share. */
  #admitted: readonly boolean[] | undefined;
  /** The list that `#admitted` was computed from. */
  #dfsPaths: readonly string[] = [];
  readonly #dfsPathsOf: DfsPathsOf;
  readonly #windows: (RuleWindow | undefined)[] = [];
  /** By rule index, over all shares. */
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

  /** Whether a rule covers this share and this process. */
  admits(ruleIndex: number, comm: string): boolean {
    return this.#admittedRules()[ruleIndex] === true && this.#scopes.admitsProcess(ruleIndex, comm);
  }

  /** The window of a rule; undefined if the rule does not cover this share and process. */
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

  /** Computed again when the share gets another name: a DFS link may lead to it later. */
  #admittedRules(): readonly boolean[] {
    const dfsPaths = this.#dfsPathsOf(this.#share);
    if (this.#admitted === undefined || dfsPaths !== this.#dfsPaths)
      this.#admitted = this.#rules.map((_, index) => this.#scopes.admitsShare(index, this.#share, dfsPaths));
    this.#dfsPaths = dfsPaths;
    return this.#admitted;
  }

  /** Whether nothing has counted since this time, no report is pending, and nothing hangs. */
  isQuietSince(timeNs: number): boolean {
    return this.#windows.every((ruleWindow) => ruleWindow?.isQuietSince(timeNs) ?? true);
  }
}

export class Ledger {
  readonly rules: readonly Rule[];
  readonly limits: Limits;
  readonly longestWindowNs: number;
  readonly #shares = new Map<string, ShareWindows>();
  readonly #pending = new Set<RuleWindow>();
  /** Windows in which a hang has ended. */
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

  /** The windows of a share. Those of an IPC$, which the client uses for itself, are the server's. */
  ofShare(share: string, nowNs: number): ShareWindows {
    if (isPipeShare(share)) return this.ofShare(serverOfShare(share), nowNs);
    const known = this.#shares.get(share);
    if (known !== undefined) return known;
    const hasSlot = this.#shares.size < LEDGER_SHARES_MAX || this.#dropQuiet(nowNs);
    if (!hasSlot && share !== OTHER_SHARES) return this.ofShare(OTHER_SHARES, nowNs);
    const windows = new ShareWindows(this.rules, share, this.#scopes, this.#inputs, this.#closest);
    this.#shares.set(share, windows);
    return windows;
  }

  /** Counts a request; a full window makes an anomaly pending. @param held see RuleWindow.count. */
  count(ruleWindow: RuleWindow, counted: Counted, nowNs: number, held = false): void {
    if (ruleWindow.count(counted, held) && ruleWindow.tripFull(counted, nowNs)) this.#pending.add(ruleWindow);
  }

  /** Makes an anomaly pending for a reply that trips the rule on its own. */
  trip(ruleWindow: RuleWindow, counted: Counted, nowNs: number): void {
    ruleWindow.trip(counted, nowNs);
    this.#pending.add(ruleWindow);
  }

  /** Notes a hang, or that it goes on; makes an anomaly pending if that is worth a report. */
  hang(ruleWindow: RuleWindow, who: object, counted: Counted, nowNs: number): void {
    if (ruleWindow.hang(who, counted, nowNs)) this.#pending.add(ruleWindow);
  }

  /** Notes the end of a hang. @param abandoned whether it ended without a reply. */
  release(ruleWindow: RuleWindow, who: object, endNs: number, abandoned: boolean): void {
    ruleWindow.release(who, endNs, abandoned);
    this.#released.add(ruleWindow);
  }

  /** Takes the recoveries. Call it after `takeDue`, so that a hang is reported before its end. */
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

  /** When the next anomaly is due, ns; Infinity if none is pending. */
  get nextReportNs(): number {
    let next = Infinity;
    for (const ruleWindow of this.#pending) next = Math.min(next, ruleWindow.nextReportNs);
    return next;
  }

  /** Takes the anomalies that are due. */
  takeDue(nowNs: number): readonly Anomaly[] {
    const anomalies: Anomaly[] = [];
    for (const ruleWindow of this.#pending) {
      anomalies.push(...ruleWindow.takeDue(nowNs));
      if (ruleWindow.nextReportNs === Infinity) this.#pending.delete(ruleWindow);
    }
    return anomalies;
  }

  /** How near each rule came to tripping within the last hour; rules for which nothing counted are left out. */
  approaches(nowNs: number): readonly Approach[] {
    return this.#closest.flatMap((closest) => closest.since(nowNs) ?? []);
  }

  /** Takes all pending anomalies, due or not, before the ledger is replaced. */
  takeAll(): readonly Anomaly[] {
    return this.takeDue(Infinity);
  }

  // --- internal ---

  /** @returns whether there is a free slot now. */
  #dropQuiet(nowNs: number): boolean {
    for (const [share, windows] of this.#shares) {
      if (windows.isQuietSince(nowNs - this.longestWindowNs)) this.#shares.delete(share);
    }
    return this.#shares.size < LEDGER_SHARES_MAX;
  }
}
