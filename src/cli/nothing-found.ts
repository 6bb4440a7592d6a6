// Explains an empty list of captures or incidents in one line: no rule tripped, or no aod watches. It asks the
// running daemon, and reads /proc/locks if none answers.

import type { Status } from "../api/status.ts";
import { askOnce } from "../control/client.ts";
import { findSocketPath } from "../control/socket-path.ts";
import { readHost } from "../doctor/host.ts";
import { findHolder } from "../doctor/output.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError } from "../model/failure.ts";
import type { Rule } from "../model/rule.ts";
import type { Holder } from "../system/lock-holder.ts";
import { nearestText } from "./rule-words.ts";

/** What is known about the aod that watches. */
export interface Watcher {
  /** The output folder of the aod that answers; undefined if none answers. */
  readonly outputDir: string | undefined;
  /** How near a rule came to tripping, in words; undefined if no reply counted, or no aod answers. */
  readonly nearest: string | undefined;
  /** The holder of the lock of the output folder. */
  readonly holder: Holder;
}

/** @param noun in the singular: `capture`. */
export function nothingText(
  noun: string,
  outputDir: string,
  { outputDir: its, nearest, holder }: Watcher,
): string {
  const nothing = `no ${noun} yet in ${outputDir}`;
  if (its !== undefined && its !== outputDir) return `${nothing}: the running aod writes to ${its}`;
  if (its !== undefined || typeof holder === "number")
    return `${nothing}: nothing tripped a rule${nearest === undefined ? "" : `; ${nearest}`}`;
  if (holder === "unknown") return `${nothing}; it is not known whether aod is running (try sudo)`;
  return `${nothing}, and aod is not running; start it: systemctl enable --now aod`;
}

/**
 * The line for a terminal, with control characters escaped.
 * @param rules the rules of the configuration, for the sentence about the nearest one.
 */
export async function explainNothing(
  noun: string,
  outputDir: string,
  rules: readonly Rule[] = [],
): Promise<string> {
  const holder = findHolder(outputDir, readHost().allTasksShown);
  const status = await answerOfStatus();
  const nearest = status && nearestText(rules, status.approaches);
  const watcher = { outputDir: status?.daemon.output_dir, nearest, holder };
  return escapeControls(nothingText(noun, outputDir, watcher));
}

/** Undefined if no daemon answers: the lock decides then. */
async function answerOfStatus(): Promise<Status | undefined> {
  try {
    return (await askOnce(findSocketPath(process.env), { ask: "status" }, "status")).status;
  } catch (thrown) {
    if (thrown instanceof AodError) return undefined;
    throw thrown;
  }
}
