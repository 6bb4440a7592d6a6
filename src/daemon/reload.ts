// A reload: the file is read and judged whole, as at a start and as `aod check` does. In: what was found and what runs; out:
// the configuration to go on with, or why there is none. A file that is not right changes nothing.

import { type FoundConfig, findConfig } from "../config/file.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import { log } from "../log.ts";
import type { Config } from "../model/config.ts";
import { toFailure } from "../model/failure.ts";
import type { TroubleFinding } from "../model/trouble.ts";
import { printProblems } from "./problems.ts";
import { judgeConfig } from "./readiness.ts";
import { logForbidden } from "./sandbox-log.ts";

export type ReloadJudgement =
  | { readonly config: Config; readonly problems: readonly Problem[] }
  /** In one sentence; the problems have the lines. */
  | { readonly config: undefined; readonly problems: readonly Problem[]; readonly refusal: string };

export function judgeReload(
  found: FoundConfig,
  running: Config,
  judged = judgeConfig(found),
): ReloadJudgement {
  const { code, problems, lines } = judged;
  if (found.config === undefined) return { config: undefined, problems, refusal: found.summary };
  if (code !== 0)
    return { config: undefined, problems, refusal: (lines[0] ?? "it is not right").replace(/^aod: /, "") };
  // Rules that somebody wrote are not to be replaced by the built-in ones because a file is missing for a moment.
  if (running.file !== undefined && found.config.file === undefined)
    return { config: undefined, problems, refusal: `${running.file} does not exist` };
  if (found.config.outputDir === running.outputDir) return { config: found.config, problems };
  const later = `takes effect after a restart; until then captures go to ${running.outputDir}`;
  return { config: found.config, problems: [...problems, found.warnAt(["aod_output_dir"], later)] };
}

/** What became of a reload. */
export interface Reloaded {
  readonly problems: readonly Problem[];
  /** Why it was not applied; undefined where it was. */
  readonly refusal: string | undefined;
}

/**
 * Reads the file anew and applies it if it is right.
 * @param apply applies all of it, or nothing and says why.
 */
export function reload(
  file: string | undefined,
  running: Config,
  apply: (config: Config) => string | undefined,
): Reloaded {
  const judgement = judgeReload(findConfig(file), running);
  const { problems } = judgement;
  printProblems(problems);
  const refusal = judgement.config === undefined ? judgement.refusal : tryApply(judgement.config, apply);
  if (refusal !== undefined)
    log.error("reload refused: the running configuration stays in force", { reason: refusal });
  else if (judgement.config !== undefined) logForbidden(judgement.config);
  return { problems, refusal };
}

/** What a refused reload leaves: the file on disk and the rules in force differ. Undefined where it was applied. */
export function reloadFinding({ problems, refusal }: Reloaded): TroubleFinding | undefined {
  if (refusal === undefined) return undefined;
  const errors = problems.filter(({ severity }) => severity === "error");
  const [first, ...others] = errors;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const what = first === undefined ? refusal : `${formatProblem(first)}${more}`;
  return {
    text: `the last reload was refused, the previous configuration applies: ${what}`,
    isRepaired: false,
  };
}

// --- internal ---

/** What the kernel refuses is a refusal as well: whoever asked waits for an answer, and systemd for READY=1. */
function tryApply(config: Config, apply: (config: Config) => string | undefined): string | undefined {
  try {
    return apply(config);
  } catch (thrown) {
    return toFailure(thrown).message;
  }
}
