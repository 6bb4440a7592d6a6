// A reload: reads and checks the whole file, as a start and `aod check` do. A file with mistakes changes nothing.

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
  /** `refusal`: one sentence; the problems have the lines. */
  | { readonly config: undefined; readonly problems: readonly Problem[]; readonly refusal: string };

export function judgeReload(
  found: FoundConfig,
  running: Config,
  judged = judgeConfig(found),
): ReloadJudgement {
  const { code, problems, lines } = judged;
  if (found.config === undefined) return { config: undefined, problems, refusal: found.summary };
  if (code !== 0)
    return {
      config: undefined,
      problems,
      refusal: (lines[0] ?? "the configuration is not valid").replace(/^aod: /, ""),
    };
  // A file that is missing for a moment must not replace its rules by the built-in ones.
  if (running.file !== undefined && found.config.file === undefined)
    return { config: undefined, problems, refusal: `${running.file} does not exist` };
  if (found.config.outputDir === running.outputDir) return { config: found.config, problems };
  const later = `takes effect after a restart; until then captures go to ${running.outputDir}`;
  return { config: found.config, problems: [...problems, found.warnAt(["aod_output_dir"], later)] };
}

/** The outcome of a reload. */
export interface Reloaded {
  readonly problems: readonly Problem[];
  /** Why it was not applied; undefined if it was. */
  readonly refusal: string | undefined;
}

/**
 * Reads the file again and applies it if it is valid.
 * @param apply applies all of it, or nothing and returns the reason.
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

/** The trouble after a refused reload: the file on disk and the rules in force differ. Undefined if it was applied. */
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

/** An error of the kernel is a refusal as well: the client waits for an answer, and systemd for READY=1. */
function tryApply(config: Config, apply: (config: Config) => string | undefined): string | undefined {
  try {
    return apply(config);
  } catch (thrown) {
    return toFailure(thrown).message;
  }
}
