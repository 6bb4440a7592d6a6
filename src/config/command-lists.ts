// The lists of commands and `match.command` of an entry, as a limit for each command. The same for every type of rule
// with thresholds. Pure.

import { COMMAND, COMMANDS, type CommandName, mayBlock } from "../model/command.ts";
import type { KeyPath, Report } from "./problem.ts";
import { checkLists, explainEmpty, type ListKeys, type Lists, readLists, select } from "./rule-lists.ts";
import { isMapping } from "./schema-values.ts";

const NS_PER_MS = 1e6;

/**
 * Commands whose replies are never reported: the callback of ECHO maps no status (fs/smb/client/smb2pdu.c
 * smb2_echo_callback), cifs sends no CANCEL, notifications come from the server (MS-SMB2 2.2.30, 2.2.44).
 */
const NEVER_REPLIED: readonly CommandName[] = [
  "SMB2_CANCEL",
  "SMB2_ECHO",
  "SMB2_SERVER_TO_CLIENT_NOTIFICATION",
];

const LISTS: ListKeys = {
  track: "track_commands",
  exclude: "exclude_commands",
  numberOf: (name) => (Object.hasOwn(COMMAND, name) ? COMMAND[name as CommandName] : undefined),
};

/** The selection of commands of an entry, in the form of the detector. */
export interface CommandLimits {
  readonly named: readonly boolean[];
  /**
   * Limits by command, ns; Infinity for a command that never counts.
   * @param limitMs the limit of a command that counts.
   */
  readonly limits: (limitMs: (command: number) => number) => readonly number[];
  /** The threshold of a tracked command of its own, if it is tracked by name. */
  readonly ownMs: (command: number) => number | undefined;
}

export function readCommandLimits(entry: unknown): CommandLimits {
  const lists = readLists(entry, [], LISTS);
  const { isNamed } = select(lists);
  const owns = new Map(lists.tracked.map(({ number, ownMs }) => [number, ownMs]));
  const canCount = commandFilter(lists, commandsOf(entry));
  return {
    named: COMMANDS.map((_, command) => isNamed(command)),
    limits: (limitMs) =>
      COMMANDS.map((_, command) => (canCount(command) ? Math.round(limitMs(command) * NS_PER_MS) : Infinity)),
    ownMs: (command) => (isNamed(command) ? owns.get(command) : undefined),
  };
}

/** By command: whether `match.command` accepts it. */
export function commandsOf(entry: unknown): readonly boolean[] {
  const match = isMapping(entry) && isMapping(entry.match) ? entry.match.command : undefined;
  const names: readonly unknown[] | undefined = Array.isArray(match) ? match : undefined;
  return COMMANDS.map((name) => names?.includes(name) ?? true);
}

/** Reports problems that concern several keys. `entry` is the raw value: the schema reports invalid ones. */
export function checkCommandLists(
  entry: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: Report,
): Lists {
  const lists = readLists(entry, path, LISTS);
  checkLists(lists, LISTS, path, report);
  const { isNamed } = select(lists);
  for (const { name, number, path: where } of lists.tracked) {
    if (isNamed(number) && isNeverReplied(number))
      report.warn(where, `the kernel reports no reply of ${name}: it never counts`);
  }
  const canCount = commandFilter(lists, commandsOf(entry));
  if (!lists.isIncomplete && !COMMANDS.some((_, command) => canCount(command) && !isNeverReplied(command))) {
    report.error(path, explainEmpty(lists, LISTS), "key");
  }
  return lists;
}

function commandFilter(lists: Lists, matching: readonly boolean[]): (command: number) => boolean {
  const { counts, isNamed } = select(lists);
  return (command) =>
    matching[command] === true &&
    counts(command) &&
    // An IOCTL may block on IPC$ only; the detector knows the share, and a rule does not.
    (isNamed(command) || !mayBlock(command));
}

function isNeverReplied(command: number): boolean {
  return NEVER_REPLIED.some((name) => COMMAND[name] === command);
}
