// The section `match` of an entry, as patterns for the detector, with warnings about patterns that never match.
// command-lists.ts handles the commands. Pure.

import { COMMAND } from "../model/command.ts";
import { COMM_CHARS, type Rule, type RuleMatch } from "../model/rule.ts";
import type { KeyPath, Report } from "./problem.ts";

interface MatchEntry {
  readonly share?: string | undefined;
  readonly process?: string | undefined;
}

export function makeMatch({ share, process }: MatchEntry): RuleMatch {
  return { share: share?.toLowerCase(), process: process && cutLikeComm(process) };
}

/** A record holds only the beginning of a name, so that a longer literal beginning of the pattern can't match. */
function cutLikeComm(pattern: string): string {
  const letters = pattern.search(/[*?]|$/);
  return letters >= COMM_CHARS ? pattern.slice(0, COMM_CHARS) : pattern;
}

/** Warns about transfers: kernel workers send buffered reads and writes for every process. */
export function checkProcess(rule: Rule, path: KeyPath, report: Report): void {
  if (rule.match.process === undefined || !countsTransfers(rule)) return;
  report.warn(
    [...path, "match", "process"],
    "buffered reads and writes are sent by kernel workers, which it never matches: name the share instead, or other commands",
  );
}

function countsTransfers(rule: Rule): boolean {
  return [COMMAND.SMB2_READ, COMMAND.SMB2_WRITE].some((command) => {
    switch (rule.type) {
      case "latency":
        return rule.slowNs[command] !== Infinity;
      case "stuck":
        return rule.stuckNs[command] !== Infinity;
      case "error":
        return rule.commands[command] === true;
      case "signal":
        return false;
      default:
        return rule satisfies never;
    }
  });
}
