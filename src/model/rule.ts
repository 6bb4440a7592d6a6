// A rule as the detector applies it and the kernel's filters are made from it: the configuration with modes, lists
// and defaults already worked out into one figure for each command or errno. Plain data, fit for postMessage.

interface RuleCommon {
  /** The entry's name in `guardian.anomalies`; part of file names. */
  readonly name: string;
  /** Length of the sliding window, ns. */
  readonly windowNs: number;
  /** The rule trips when the window holds this many; at least 1. */
  readonly acceptableCount: number;
  /** Names of the actions that a capture of this rule runs. */
  readonly actions: readonly string[];
}

export interface LatencyRule extends RuleCommon {
  readonly type: "latency";
  /** By command number: latency in ns from which on a request counts; Infinity: never; 0: every request. */
  readonly slowNs: readonly number[];
  /** By command number: latency in ns that trips at once, in flight too; Infinity: never. */
  readonly emergencyNs: readonly number[];
  /** By command number: the rule tracks it by name, so that waiting by design is no excuse. */
  readonly named: readonly boolean[];
}

export interface ErrorRule extends RuleCommon {
  readonly type: "error";
  /** By errno, 0 to 255: errors of this errno count. */
  readonly counts: readonly boolean[];
  /** By errno, 0 to 255: the rule names it, so that statuses which are everyday answers count too. */
  readonly named: readonly boolean[];
}

export type Rule = LatencyRule | ErrorRule;
export type RuleType = Rule["type"];
