// Keys of the configuration about captures: their limits, and custom actions. Part of schema.ts, which has the other
// keys.

import * as v from "valibot";
import { command, key, mapping, overZero, whole, within, yesOrNo } from "./schema-values.ts";

export const captureSchema = mapping({
  budget_sec: key(v.optional(overZero(3600), 30), "actions that have not started by then are left out"),
  max_mb: key(
    v.optional(overZero(1024), 32),
    "limit for the files of all actions together (MiB, uncompressed): a file over it is cut, and later actions are left out",
  ),
  min_free_mb: key(
    v.optional(within(0, 1_048_576), 64),
    "free space that a capture must leave on the file system (MiB)",
  ),
  report: key(v.optional(yesOrNo(), true), "each capture with actions contains a page about it, report.html"),
});

/** Hourly limits, keys of `guardian`. */
export const hourlyKeys = {
  max_captures_per_hour: key(
    v.optional(whole(1, 10_000), 30),
    "limit for each rule; all rules together may have three times as many",
  ),
  max_capture_mb_per_hour: key(
    v.optional(overZero(), 200),
    "no capture is started while those of the last hour are larger together (MiB)",
  ),
};

/** An entry of `custom_actions`. */
export const customActionSchema = mapping({
  command: key(command(), "the program whose output becomes part of a capture, run without a shell"),
  timeout_sec: key(v.optional(overZero(300), 10), "it is killed after this long"),
  max_mb: key(v.optional(overZero(64), 4), "it is stopped when its output is larger (MiB)"),
  stage: key(
    v.optional(whole(1, 3), 3),
    "starts with the actions that read /proc (1), with those that read logs (2), or after them (3)",
  ),
});
