// `match` of an entry: what narrows a rule. In: the section; out: patterns for the detector, or warnings about patterns
// that never match. Commands are the concern of each type (command-lists.ts). Pure.

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

/** A record holds the beginning of a name only: where that much of the pattern is letters, no more can decide. */
function cutLikeComm(pattern: string): string {
  const letters = pattern.search(/[*?]|$/);
  return letters >= COMM_CHARS ? pattern.slice(0, COMM_CHARS) : pattern;
}

/** Buffered reads and writes have kernel workers as their senders, whatever process they are for. */
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
