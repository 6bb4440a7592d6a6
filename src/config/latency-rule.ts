// Entries of type Latency: what their keys mean together, and the rule that the detector applies. In: an entry; out: a
// limit for each command, or problems. Pure.

import { COMMAND, COMMANDS, type CommandName, WAITS_BY_DESIGN } from "../model/command.ts";
import type { LatencyRule } from "../model/rule.ts";
import type { KeyPath, Report } from "./problem.ts";
import { checkLists, explainEmpty, type ListKeys, type Lists, readLists, select } from "./rule-lists.ts";
import { DEFAULT_EMERGENCY_MS, DEFAULT_THRESHOLD_MS, type LatencyEntry } from "./schema.ts";

/** What a rule has whatever its type. */
export type RuleFrame = Pick<LatencyRule, "name" | "windowNs" | "actions">;

const NS_PER_MS = 1e6;

/**
 * Requests of which no reply is ever reported: the callback of ECHO maps no status (fs/smb/client/smb2pdu.c
 * smb2_echo_callback), cifs sends no CANCEL, notifications come from the server (MS-SMB2 2.2.30, 2.2.44).
 */
const NEVER_REPLIED: readonly CommandName[] = [
  "SMB2_CANCEL",
  "SMB2_ECHO",
  "SMB2_SERVER_TO_CLIENT_NOTIFICATION",
];

/** An IOCTL waits on IPC$ only: the detector knows the share, a rule does not. */
const WAITING = new Set(WAITS_BY_DESIGN.filter(({ onlyOnIpc }) => !onlyOnIpc).map(({ command }) => command));

const LISTS: ListKeys = {
  track: "track_commands",
  exclude: "exclude_commands",
  numberOf: (name) => (Object.hasOwn(COMMAND, name) ? COMMAND[name as CommandName] : undefined),
};

export function makeLatencyRule(frame: RuleFrame, entry: LatencyEntry): LatencyRule {
  const lists = readLists(entry, [], LISTS);
  const { isNamed } = select(lists);
  const ownMs = new Map(lists.tracked.map(({ number, ownMs }) => [number, ownMs]));
  const canCount = whoCanCount(lists);
  const limits = (limitMs: (command: number) => number) =>
    COMMANDS.map((_, command) =>
      canCount(command) ? Math.round(limitMs(command) * NS_PER_MS) : Number.POSITIVE_INFINITY,
    );
  return {
    ...frame,
    type: "latency",
    acceptableCount: entry.acceptable_count,
    slowNs: limits(
      (command) => (isNamed(command) ? ownMs.get(command) : undefined) ?? entry.default_threshold_ms,
    ),
    emergencyNs: limits(() => entry.emergency_threshold_ms),
    named: COMMANDS.map((_, command) => isNamed(command)),
  };
}

/** Reports what no single key shows. `entry` is as it stands in the file: the schema has reported what is no entry. */
export function checkLatencyEntry(
  entry: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: Report,
): void {
  const lists = readLists(entry, path, LISTS);
  checkLists(lists, LISTS, path, report);
  const { isNamed } = select(lists);
  for (const { name, number, path: where } of lists.tracked) {
    if (isNamed(number) && isNeverReplied(number))
      report.warn(where, `the kernel reports no reply of ${name}: it never counts`);
  }
  const canCount = whoCanCount(lists);
  if (!lists.isIncomplete && !COMMANDS.some((_, command) => canCount(command) && !isNeverReplied(command))) {
    report.error(path, explainEmpty(lists, LISTS), "key");
  }
  checkEmergency(entry, lists, path, report);
}

/** A threshold that is not below the emergency's never decides anything. */
function checkEmergency(
  entry: Readonly<Record<string, unknown>>,
  lists: Lists,
  path: KeyPath,
  report: Report,
): void {
  const emergency = entry.emergency_threshold_ms ?? DEFAULT_EMERGENCY_MS;
  const general = entry.default_threshold_ms ?? DEFAULT_THRESHOLD_MS;
  if (typeof emergency !== "number") return;
  const why = `is not below emergency_threshold_ms (${emergency}): one such request trips the rule, whatever acceptable_count is`;
  const named = lists.mode === "excludeonly" ? [] : lists.tracked;
  const usesGeneral = lists.mode !== "trackonly" || named.some(({ ownMs }) => ownMs === undefined);
  if (usesGeneral && typeof general === "number" && general >= emergency) {
    report.warn([...path, "default_threshold_ms"], `${general} ${why}`);
  }
  for (const { ownMs, path: where } of named) {
    if (ownMs !== undefined && ownMs >= emergency) report.warn([...where, "threshold"], `${ownMs} ${why}`);
  }
}

function whoCanCount(lists: Lists): (command: number) => boolean {
  const { counts, isNamed } = select(lists);
  return (command) => counts(command) && (isNamed(command) || !WAITING.has(command));
}

function isNeverReplied(command: number): boolean {
  return NEVER_REPLIED.some((name) => COMMAND[name] === command);
}
