// Keys of the configuration that are about captures: what one may cost, and actions of one's own. In: plain values; out:
// typed ones. Part of schema.ts, which has the others.

import * as v from "valibot";
import { command, key, mapping, overZero, whole, within, yesOrNo } from "./schema-values.ts";

export const captureSchema = mapping({
  budget_sec: key(v.optional(overZero(3600), 30), "actions that have not begun by then are left out"),
  max_mb: key(
    v.optional(overZero(1024), 32),
    "what the actions' files hold together (MiB, uncompressed): what is over is cut, what has not begun by then left out",
  ),
  min_free_mb: key(
    v.optional(within(0, 1_048_576), 64),
    "no capture is made that would leave less of the file system free (MiB)",
  ),
  report: key(
    v.optional(yesOrNo(), true),
    "each capture that has actions carries a page about it, report.html",
  ),
});

/** Of `guardian`: what an hour may have. */
export const hourlyKeys = {
  max_captures_per_hour: key(
    v.optional(whole(1, 10_000), 30),
    "of each rule; all rules together may have three times as many",
  ),
  max_capture_mb_per_hour: key(
    v.optional(overZero(), 200),
    "no capture is begun when those of the last hour are bigger together (MiB)",
  ),
};

/** An entry of `custom_actions`. */
export const customActionSchema = mapping({
  command: key(command(), "the program whose output becomes part of a capture, run without a shell"),
  timeout_sec: key(v.optional(overZero(300), 10), "it is killed after this long"),
  max_mb: key(v.optional(overZero(64), 4), "it is ended when it has printed more (MiB)"),
  stage: key(
    v.optional(whole(1, 3), 3),
    "begins with the actions that read /proc (1), with those that read logs (2), or after them (3)",
  ),
});
