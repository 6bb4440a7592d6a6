// Compares the client's own counters with a baseline: the counters of /proc/fs/cifs/Stats by share, and the state of
// each connection from DebugData. Text in, text out; pure.
//
// Several trees of one share (multiuser, nosharesock) are one section with the sum of their counters. Connections of
// one share stay separate.

import { parseDebugData } from "../cifs/debug-data.ts";
import type { CaptureOrder } from "../model/capture.ts";
import type { Connection, DebugData } from "../model/cifs.ts";
import { type Baseline, SAMPLED } from "./baselines.ts";
import { describeBaseline, NO_BASELINE, signed, splitFiles } from "./comparison.ts";
import type { DebugDataParser } from "./debug-data-parser.ts";
import { pairSections, type SectionPair } from "./same-sections.ts";
import { connectionText } from "./smb-summary.ts";
import { parseStats, type StatsLine, type StatsSection } from "./stats-text.ts";

const [STATS, DEBUG_DATA] = SAMPLED["stats-delta"];

/** The changes; without a baseline, both files as they are. */
export function compareStats(
  output: string,
  { frozenAt }: Pick<CaptureOrder, "frozenAt">,
  baseline: Baseline | undefined,
  parse: DebugDataParser = parseDebugData,
): string {
  if (baseline === undefined) return NO_BASELINE + output;
  const [before, now] = [splitFiles(baseline.text), splitFiles(output)];
  const connectionsBefore = connectionsOf(parseDebugData(before.get(DEBUG_DATA) ?? ""));
  const connectionsNow = connectionsOf(parse(now.get(DEBUG_DATA) ?? ""));
  return `${[
    describeBaseline(baseline, frozenAt),
    "",
    "connections",
    ...connectionLines(connectionsBefore, connectionsNow),
    ...counterLines(parseStats(before.get(STATS) ?? ""), parseStats(now.get(STATS) ?? "")),
  ].join("\n")}\n`;
}

// --- internal ---

type Connections = ReadonlyMap<string, Connection>;

function connectionsOf({ servers }: DebugData): Connections {
  const found = new Map<string, Connection>();
  servers.forEach((server, index) => {
    const channels = server.sessions.flatMap((session) => session.channels);
    [server, ...channels].forEach((connection, nth) => {
      const id = connection.connectionId?.toString(16) ?? `${index + 1}.${nth}`;
      found.set(`${server.hostname || "(unnamed)"} 0x${id}`, connection);
    });
  });
  return found;
}

function connectionLines(before: Connections, now: Connections): readonly string[] {
  const gone = [...before.keys()].filter((name) => !now.has(name));
  return [
    ...[...now].flatMap(([name, connection]) => {
      const was = before.get(name);
      const then = was === undefined ? "was not there" : connectionText(was);
      return [`  ${name}`, `    then: ${then}`, `    now:  ${connectionText(connection)}`];
    }),
    ...gone.map((name) => `  ${name} is gone`),
  ];
}

function counterLines(before: readonly StatsSection[], now: readonly StatsSection[]): readonly string[] {
  const keyOf = ({ kind, name }: StatsSection) => `${kind} ${name}`;
  const then = Map.groupBy(before, keyOf);
  return [...Map.groupBy(now, keyOf)].flatMap(([key, sections]) => {
    const old = then.get(key) ?? [];
    const [{ kind, name }] = sections as [StatsSection];
    const pairs =
      kind === "all" ? [{ now: sections[0] as StatsSection, before: old[0] }] : pairSections(old, sections);
    const groups = kind === "share" ? [pairs] : pairs.map((pair) => [pair]);
    return groups.flatMap((group, index) => {
      const changed = changedLines(group);
      if (changed.length === 0) return [];
      const nth = groups.length > 1 ? `, connection ${index + 1}` : "";
      return ["", `${name}${nth}${describePairs(group, old.length)}`, ...changed];
    });
  });
}

/** The number of new and removed trees or connections, if the name alone does not show it. */
function describePairs(pairs: readonly SectionPair[], treesBefore: number): string {
  const added = pairs.filter(({ before }) => before === undefined).length;
  const isShare = pairs[0]?.now.kind === "share";
  if (pairs.length === 1 && (treesBefore <= 1 || !isShare)) {
    if (added === 0) return "";
    return treesBefore === 0 || !isShare ? " (was not there)" : " (another tree, or its counters were reset)";
  }
  const gone = treesBefore - (pairs.length - added);
  const parts = [
    `${pairs.length} ${pairs.length === 1 ? "tree" : "trees"}`,
    added > 0 && `${added} new`,
    gone > 0 && `${gone} gone`,
  ];
  return ` (${parts.filter((part) => part !== false).join(", ")})`;
}

/** The sums over all pairs, each with its growth since the baseline. */
function changedLines(pairs: readonly SectionPair[]): readonly string[] {
  const names = new Set(pairs.flatMap(({ now }) => [...now.lines.keys()]));
  return [...names].flatMap((name) => {
    const lines = pairs.flatMap(({ now, before }) => {
      const line = now.lines.get(name);
      return line === undefined ? [] : { line, was: before?.lines.get(name) };
    });
    const { words, figures } = lines[0]?.line ?? { words: name, figures: [] };
    const sums = figures.map((_, i) => lines.reduce((sum, { line }) => sum + (line.figures[i] ?? 0n), 0n));
    const differences = figures.map((_, i) => lines.reduce((sum, one) => sum + differenceOf(one, i), 0n));
    if (differences.every((difference) => difference === 0n)) return [];
    let next = 0;
    const text = words.replaceAll("#", () => String(sums[next++]));
    const since = pairs.length === 1 && name.startsWith("SMBs:") ? sinceText(pairs[0]?.now.since) : "";
    return [`  ${`${text}${since}`.padEnd(50)}  ${differences.map(signed).join(", ")}`];
  });
}

function sinceText(since = ""): string {
  return since === "" ? "" : ` since ${since}`;
}

/** A counter that is lower than before was reset (by a write to Stats), so its whole value was counted since then. */
function differenceOf(
  { line, was }: { readonly line: StatsLine; readonly was: StatsLine | undefined },
  i: number,
) {
  const [now, before] = [line.figures[i] ?? 0n, was?.figures[i] ?? 0n];
  return i < line.counters && now < before ? now : now - before;
}
