// Groups requests by share, command or process. Pure but for the names of processes, which are handed in.

import { COMMANDS, commandName } from "../model/command.ts";
import type { ShareIndex } from "../model/share.ts";
import type { Lines } from "../table/columns.ts";

export interface Grouping {
  /** The group of each line, by index in Lines. */
  readonly of: Uint32Array;
  readonly count: number;
  readonly nameOf: (group: number) => string;
}

/** Names the process that sent the request of a line. @param line its index in Lines. */
export type NameProcess = (processId: number, line: number) => string;

export function groupByShare(lines: Lines, shares: ShareIndex): Grouping {
  const names: string[] = [];
  const byName = new Map<string, number>();
  const groupOf = (low: number, high: number, treeId: number): number => {
    const name = shares.nameOf((BigInt(high) << 32n) | BigInt(low), treeId);
    const group = byName.get(name) ?? names.push(name) - 1;
    byName.set(name, group);
    return group;
  };
  // Each tree of each session is looked up once; nearly always one session has a given tree id.
  const known = new Map<number, { low: number; high: number; group: number }[]>();
  const of = new Uint32Array(lines.count);
  for (let i = 0; i < lines.count; i++) {
    const [low, high] = [lines.sessionLow[i] as number, lines.sessionHigh[i] as number];
    const treeId = lines.treeId[i] as number;
    const sessions = known.get(treeId) ?? [];
    if (sessions.length === 0) known.set(treeId, sessions);
    let session = sessions.find((one) => one.low === low && one.high === high);
    if (session === undefined) {
      session = { low, high, group: groupOf(low, high, treeId) };
      sessions.push(session);
    }
    of[i] = session.group;
  }
  return { of, count: names.length, nameOf: (group) => names[group] ?? "" };
}

/** One group for each command of MS-SMB2, and one for all other numbers. */
export function groupByCommand(lines: Lines): Grouping {
  const count = COMMANDS.length + 1;
  const of = new Uint32Array(lines.count);
  for (let i = 0; i < lines.count; i++) of[i] = Math.min(lines.command[i] as number, count - 1);
  return { of, count, nameOf: commandName };
}

/** Processes that are checked for whether they have exited: each costs a read of /proc. */
const EXAMINED_MAX = 1024;

/**
 * One group for each process. Processes that have exited and have nothing in flight share one group for each name, or a
 * script that starts a program again and again would fill the table.
 * @param nameProcess called for groups that are shown, and for processes that have exited.
 */
export function groupByProcess(
  lines: Lines,
  nameProcess: NameProcess,
  hasEnded: (processId: number) => boolean,
): Grouping {
  const byId = new Map<number, number>();
  const example: number[] = [];
  const isOpen: boolean[] = [];
  const of = new Uint32Array(lines.count);
  for (let i = 0; i < lines.count; i++) {
    const processId = lines.processId[i] as number;
    const group = byId.get(processId) ?? byId.size;
    if (group === byId.size) byId.set(processId, group);
    example[group] = i;
    isOpen[group] ||= lines.latencyNs[i] === 0;
    of[i] = group;
  }
  const candidates = [...byId].filter(([, group]) => isOpen[group] !== true).slice(0, EXAMINED_MAX);
  const ended = groupEnded(
    candidates.filter(([processId]) => hasEnded(processId)),
    (processId, group) => nameProcess(processId, example[group] ?? 0),
  );
  for (let i = 0; i < lines.count; i++) of[i] = ended.leaderOf.get(of[i] as number) ?? (of[i] as number);
  const nameOf = (group: number) => {
    const line = example[group] ?? 0;
    const processId = lines.processId[line] ?? 0;
    return ended.titles.get(group) ?? `${nameProcess(processId, line)} (${processId})`;
  };
  return { of, count: byId.size, nameOf };
}

// --- internal ---

/** Chooses the first group of each name to stand for all groups of that name. */
function groupEnded(
  processes: readonly (readonly [processId: number, group: number])[],
  nameOf: (processId: number, group: number) => string,
) {
  const byName = Map.groupBy(processes, ([processId, group]) => nameOf(processId, group));
  const leaderOf = new Map<number, number>();
  const titles = new Map<number, string>();
  for (const [name, its] of byName) {
    const leader = its[0]?.[1] ?? 0;
    titles.set(leader, `${name} (${its.length} ended)`);
    for (const [, group] of its) leaderOf.set(group, leader);
  }
  return { leaderOf, titles };
}
