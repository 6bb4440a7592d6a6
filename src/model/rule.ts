// A rule as the detector applies it and the kernel's filters are computed from it: modes, lists and defaults of the
// configuration resolved to one figure for each command, errno or signal. Plain data, fit for postMessage.

/** Characters of a task's name that a record holds: struct aod_request's comm without its NUL. */
export const COMM_CHARS = 11;

interface RuleCommon {
  /** The entry's name in `guardian.anomalies`; part of file names. */
  readonly name: string;
  /** Length of the sliding window, ns. */
  readonly windowNs: number;
  /** The rule trips when the window holds this many; at least 1. */
  readonly acceptableCount: number;
  /** Names of the actions that a capture of this rule runs. */
  readonly actions: readonly string[];
  readonly match: RuleMatch;
}

/** A rule counts only requests that match; commands are part of the figures of its type. */
export interface RuleMatch {
  /** Pattern of `//server/share` with `*` and `?`, case does not matter; undefined: every share. */
  readonly share: string | undefined;
  /** Pattern of the sender's name with `*` and `?`; undefined: every process. */
  readonly process: string | undefined;
}

/** A rule that trips by the percentage of replies that count. */
export interface RateLimit {
  /** The fraction of all replies in the window; over 0, up to 1. */
  readonly acceptableShare: number;
  /** The rule does not trip with fewer replies in the window. */
  readonly minReplies: number;
}

export interface LatencyRule extends RuleCommon {
  readonly type: "latency";
  /** By command number: latency in ns from which on a request counts; Infinity: never; 0: every request. */
  readonly slowNs: readonly number[];
  /** By command number: latency in ns that trips at once, in flight too; Infinity: never. */
  readonly emergencyNs: readonly number[];
  /** By command number: the rule tracks it by name, so it counts although it may block indefinitely. */
  readonly named: readonly boolean[];
  /** Trips by the percentage of slow replies, in place of acceptableCount. */
  readonly rate: RateLimit | undefined;
}

export interface ErrorRule extends RuleCommon {
  readonly type: "error";
  /** By command number: the rule judges its replies. */
  readonly commands: readonly boolean[];
  /** By errno, 0 to 255: errors of this errno count. */
  readonly counts: readonly boolean[];
  /** By errno, 0 to 255: the rule names it, so statuses count too that are everyday answers. */
  readonly named: readonly boolean[];
  /** Statuses that the rule names: whether they count, whatever their errno and class. Keys are NT statuses. */
  readonly statuses: Readonly<Record<number, boolean>>;
  /** Statuses that trip the rule with a single reply; keys as above. */
  readonly emergency: Readonly<Record<number, true>>;
  /** Trips by the percentage of replies that count, in place of acceptableCount. */
  readonly rate: RateLimit | undefined;
}

export interface StuckRule extends RuleCommon {
  readonly type: "stuck";
  /** By command number: age in flight in ns from which on the request is stuck; Infinity: never. */
  readonly stuckNs: readonly number[];
  /**
   * The age from which on an operation is stuck that has no request yet, because it waits for credits or a connection.
   */
  readonly waitingNs: number;
  /** By command number: as in LatencyRule. */
  readonly named: readonly boolean[];
}

export interface SignalRule extends RuleCommon {
  readonly type: "signal";
  /** By signal number. */
  readonly counts: readonly boolean[];
  /** By signal number: the rule names it, so it counts although it is an everyday signal. */
  readonly named: readonly boolean[];
}

export type Rule = LatencyRule | ErrorRule | StuckRule | SignalRule;
export type RuleType = Rule["type"];
