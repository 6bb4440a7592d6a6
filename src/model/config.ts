// The configuration as every room uses it: checked, defaults filled in, durations in one unit, rules worked out.
// config/ makes it from YAML. Plain data, fit for postMessage.

import type { CustomAction } from "./action.ts";
import type { CaptureLimits } from "./capture.ts";
import type { MetricsSettings } from "./metrics.ts";
import type { NotifySettings } from "./notice.ts";
import type { Redaction } from "./redaction.ts";
import type { Rule } from "./rule.ts";

export interface Config {
  /** Where it was read from; undefined for the built-in default. */
  readonly file: string | undefined;
  /** Of the file's bytes. */
  readonly sha256: string;
  readonly outputDir: string;
  readonly rules: readonly Rule[];
  /** Names of the actions of captures that no rule asked for. */
  readonly defaultActions: readonly string[];
  readonly customActions: readonly CustomAction[];
  readonly captureCooldownMs: number;
  readonly resolveAfterMs: number;
  /** Of each capture. */
  readonly capture: CaptureLimits;
  /** Of the captures of an hour: how many of each rule, and how big all files are. */
  readonly hourly: { readonly captures: number; readonly bytes: number };
  readonly cleanup: CleanupLimits;
  readonly auditEnabled: boolean;
  /** The program that is told of incidents; undefined where there is none. */
  readonly notify: NotifySettings | undefined;
  /** Undefined where nobody is told any figures. */
  readonly metrics: MetricsSettings | undefined;
  /** Texts that are taken out of captures beside the secrets that aod recognises. Secret itself: never logged, shown or reported. */
  readonly redaction: Redaction;
}

export interface CleanupLimits {
  readonly intervalMs: number;
  readonly maxAgeMs: number;
  readonly maxTotalBytes: number;
}
