// Why a list of captures or incidents is empty: nothing tripped a rule, or no aod watches. In: the output folder; out: one line. It asks
// the running daemon, and reads /proc/locks where none answers.

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

/** Who watches, as far as it can be learned. */
export interface Watcher {
  /** Where the captures of the aod that answers go; undefined where none answers. */
  readonly outputDir: string | undefined;
  /** How near a rule came to tripping, in words; undefined where nothing counted, or none answers. */
  readonly nearest: string | undefined;
  /** Of the output folder's lock. */
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
  if (holder === "unknown") return `${nothing}, and whether aod is running can't be told (try sudo)`;
  return `${nothing}, and aod is not running; start it: systemctl enable --now aod`;
}

/**
 * For a terminal: of no name in it is obeyed.
 * @param rules of the configuration: how near one came is told in its words.
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

/** No answer is an answer: the lock decides then. */
async function answerOfStatus(): Promise<Status | undefined> {
  try {
    return (await askOnce(findSocketPath(process.env), { ask: "status" }, "status")).status;
  } catch (thrown) {
    if (thrown instanceof AodError) return undefined;
    throw thrown;
  }
}
