// Whether a start with a configuration would succeed, for `aod check` and for a reload: every problem with its place,
// and a summary of the rules. It starts nothing and runs nothing; it only reads which file system each path is on.

import { BUILT_IN } from "../config/config.ts";
import type { FoundConfig } from "../config/file.ts";
import type { KeyPath, Problem } from "../config/problem.ts";
import type { Config } from "../model/config.ts";
import { bytesText } from "../model/figure.ts";
import { exitCodeOf } from "../supervisor/restart.ts";
import { fileSystemOf, remoteFileSystemOf } from "../system/mounts.ts";
import { whyNotRunnable } from "./program.ts";
import { whyUnreachable } from "./reachability.ts";
import { summarizeRule } from "./rule-summary.ts";

export interface ConfigJudgement {
  readonly code: number;
  readonly problems: readonly Problem[];
  /** A summary of the rules, or why there are none. */
  readonly lines: readonly string[];
}

/**
 * @param whereIs finds the file system of a path.
 * @param whyNot returns why a program can't be run.
 * @param overBytesOf returns by how many bytes pinned captures alone exceed the limit.
 */
export function judgeConfig(
  found: FoundConfig,
  whereIs: typeof fileSystemOf = fileSystemOf,
  whyNot = whyNotRunnable,
  overBytesOf: (config: Config) => number = () => 0,
): ConfigJudgement {
  const { config, problems } = found;
  if (config === undefined)
    return { code: exitCodeOf(found.code), problems, lines: [`aod: ${found.summary}`] };
  const file = config.file ?? BUILT_IN;
  const remote = findRemote(config, whereIs);
  if (remote.length > 0) {
    const count = `${remote.length} error${remote.length === 1 ? "" : "s"}`;
    return {
      code: exitCodeOf("CONFIG_INVALID"),
      problems: [...problems, ...remote.map(({ path, what }) => found.errorAt(path, what))],
      lines: [`aod: ${file}: ${count}`],
    };
  }
  const programs = [
    ...(config.notify === undefined ? [] : [{ path: ["notify", "command"], command: config.notify.command }]),
    ...config.customActions.map(({ name, command }) => ({
      path: ["custom_actions", name, "command"],
      command,
    })),
  ];
  const warnings = programs.flatMap(({ path, command: [program] }) => {
    const wrong = whyNot(program, whereIs);
    return wrong === undefined ? [] : [found.warnAt(path, wrong)];
  });
  for (const rule of config.rules) {
    const what = whyUnreachable(rule);
    if (what !== undefined) warnings.push(found.warnAt(["guardian", "anomalies", rule.name], what));
  }
  const overBytes = overBytesOf(config);
  if (overBytes > 0) {
    const what = `pinned captures exceed it by ${bytesText(overBytes)}: all others are deleted as soon as possible`;
    warnings.push(found.warnAt(["cleanup", "max_total_log_size_mb"], what));
  }
  const rules = config.rules.map((rule) => `  ${summarizeRule(rule)}`);
  return {
    code: 0,
    problems: [...problems, ...warnings],
    lines: [`${file}: ok, ${rules.length} rule${rules.length === 1 ? "" : "s"}`, ...rules],
  };
}

// --- internal ---

/** Paths that aod writes to on a network file system: aod would hang together with the share that it diagnoses. */
function findRemote(
  { outputDir, metrics }: Config,
  whereIs: typeof fileSystemOf,
): readonly { readonly path: KeyPath; readonly what: string }[] {
  const written = [{ path: ["aod_output_dir"], on: outputDir }];
  if (metrics?.textfile !== undefined)
    written.push({ path: ["metrics", "textfile"], on: metrics.textfile.path });
  return written.flatMap(({ path, on }) => {
    const fileSystem = remoteFileSystemOf(on, whereIs);
    if (fileSystem === undefined) return [];
    const { type, mountPoint } = fileSystem;
    return [{ path, what: `${on} is on ${type}, mounted at ${mountPoint}: choose a local file system` }];
  });
}
