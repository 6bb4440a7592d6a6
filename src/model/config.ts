// The configuration as every room uses it: checked, with defaults, durations in one unit, rules in their final form.
// config/ makes it from YAML. Plain data, fit for postMessage.

import type { CustomAction } from "./action.ts";
import type { CaptureLimits } from "./capture.ts";
import type { MetricsSettings } from "./metrics.ts";
import type { NotifySettings } from "./notice.ts";
import type { Redaction } from "./redaction.ts";
import type { Rule } from "./rule.ts";

export interface Config {
  /** The file that it was read from; undefined for the built-in default. */
  readonly file: string | undefined;
  /** Checksum of the file's bytes. */
  readonly sha256: string;
  readonly outputDir: string;
  readonly rules: readonly Rule[];
  /** Names of the actions of captures on demand. */
  readonly defaultActions: readonly string[];
  readonly customActions: readonly CustomAction[];
  readonly captureCooldownMs: number;
  readonly resolveAfterMs: number;
  /** Limits of each capture. */
  readonly capture: CaptureLimits;
  /** Limits of an hour: the number of captures of each rule, and the size of all files. */
  readonly hourly: { readonly captures: number; readonly bytes: number };
  readonly cleanup: CleanupLimits;
  readonly auditEnabled: boolean;
  /** The program that is notified of incidents; undefined if there is none. */
  readonly notify: NotifySettings | undefined;
  /** Undefined if no figures are published. */
  readonly metrics: MetricsSettings | undefined;
  /**
   * Texts that are removed from captures beside the secrets that aod recognises. They are secret: never logged, shown
   * or reported.
   */
  readonly redaction: Redaction;
}

export interface CleanupLimits {
  readonly intervalMs: number;
  readonly maxAgeMs: number;
  readonly maxTotalBytes: number;
}
