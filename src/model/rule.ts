// A rule as the detector applies it and the kernel's filters are made from it: the configuration with modes, lists
// and defaults already worked out into one figure for each command, errno or signal. Plain data, fit for postMessage.

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

/** What a rule looks at is narrowed to these; commands are worked into the figures of its type. */
export interface RuleMatch {
  /** Pattern of `//server/share` with `*` and `?`, case does not matter; undefined: every share. */
  readonly share: string | undefined;
  /** Pattern of the sender's name with `*` and `?`; undefined: every process. */
  readonly process: string | undefined;
}

/** A rule that trips by the share of replies that count. */
export interface RateLimit {
  /** Of all replies in the window; over 0, up to 1. */
  readonly acceptableShare: number;
  /** Fewer replies in the window trip nothing. */
  readonly minReplies: number;
}

export interface LatencyRule extends RuleCommon {
  readonly type: "latency";
  /** By command number: latency in ns from which on a request counts; Infinity: never; 0: every request. */
  readonly slowNs: readonly number[];
  /** By command number: latency in ns that trips at once, in flight too; Infinity: never. */
  readonly emergencyNs: readonly number[];
  /** By command number: the rule tracks it by name, so that waiting by design is no excuse. */
  readonly named: readonly boolean[];
  /** Trips by the share of replies that are slow, in place of acceptableCount. */
  readonly rate: RateLimit | undefined;
}

export interface ErrorRule extends RuleCommon {
  readonly type: "error";
  /** By command number: its replies are looked at. */
  readonly commands: readonly boolean[];
  /** By errno, 0 to 255: errors of this errno count. */
  readonly counts: readonly boolean[];
  /** By errno, 0 to 255: the rule names it, so that statuses which are everyday answers count too. */
  readonly named: readonly boolean[];
  /** Statuses that the rule names: whether they count, whatever their errno and class. Keys are NT statuses. */
  readonly statuses: Readonly<Record<number, boolean>>;
  /** Statuses of which one trips at once; keys as above. */
  readonly emergency: Readonly<Record<number, true>>;
  /** Trips by the share of replies that count, in place of acceptableCount. */
  readonly rate: RateLimit | undefined;
}

export interface StuckRule extends RuleCommon {
  readonly type: "stuck";
  /** By command number: age in flight from which on it is stuck, ns; Infinity: never. */
  readonly stuckNs: readonly number[];
  /** The same of an operation that has no request yet, because it waits for credits or a connection. */
  readonly waitingNs: number;
  /** By command number: as in LatencyRule. */
  readonly named: readonly boolean[];
}

export interface SignalRule extends RuleCommon {
  readonly type: "signal";
  /** By signal number. */
  readonly counts: readonly boolean[];
  /** By signal number: the rule names it, so that one which is part of everyday life counts too. */
  readonly named: readonly boolean[];
}

export type Rule = LatencyRule | ErrorRule | StuckRule | SignalRule;
export type RuleType = Rule["type"];
