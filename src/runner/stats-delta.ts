// The client's own counters as differences over an incident: Stats by share, and the state of each connection. In: what
// /proc/fs/cifs/Stats and DebugData print now and what they printed before; out: text. Pure.
//
// Stats is compared line by line, whatever the lines are called, because their names differ by kernel (cifs_debug.c:
// cifs_stats_proc_show, smb2ops.c:smb2_print_stats): a line's words are its name and its figures are counters. A share
// begins with `N) \\server\share`, a server with "Max requests in flight"; a server has no name there and gets that
// of its first share.

import { parseDebugData } from "../cifs/debug-data.ts";
import type { CaptureOrder } from "../model/capture.ts";
import type { Connection, DebugData } from "../model/cifs.ts";
import { type Baseline, SAMPLED } from "./baselines.ts";
import { describeBaseline, NO_BASELINE, signed, splitFiles } from "./comparison.ts";
import { connectionText } from "./smb-summary.ts";

const [STATS, DEBUG_DATA] = SAMPLED["stats-delta"];

/** Since when a share is counted, in newer kernels: `SMBs: 20 since 2026-11-25 01:38:28 UTC`. */
const DATE = / since \d{4}-\d\d-\d\d .*$/;
/** Lines of Stats that are looked at: some thousand shares. */
const LINES_MAX = 100_000;

/** What changed; both files as they are where there is no baseline. */
export function compareStats(
  output: string,
  { frozenAt }: Pick<CaptureOrder, "frozenAt">,
  baseline: Baseline | undefined,
): string {
  if (baseline === undefined) return NO_BASELINE + output;
  const [before, now] = [splitFiles(baseline.text), splitFiles(output)];
  const [connectionsBefore, connectionsNow] = [before, now].map((files) =>
    connectionsOf(parseDebugData(files.get(DEBUG_DATA) ?? "")),
  ) as [Connections, Connections];
  const [countersBefore, countersNow] = [before, now].map((files) => parseStats(files.get(STATS) ?? "")) as [
    Counters,
    Counters,
  ];
  return `${[
    describeBaseline(baseline, frozenAt),
    "",
    "connections",
    ...connectionLines(connectionsBefore, connectionsNow),
    ...counterLines(countersBefore, countersNow),
  ].join("\n")}\n`;
}

// --- internal ---

type Connections = ReadonlyMap<string, Connection>;
/** By section, then by line: its words, with the figures that belong to its name. */
type Counters = ReadonlyMap<string, ReadonlyMap<string, Line>>;

interface Line {
  readonly text: string;
  readonly figures: readonly bigint[];
}

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

function counterLines(before: Counters, now: Counters): readonly string[] {
  return [...now].flatMap(([section, lines]) => {
    const then = before.get(section);
    const changed = [...lines].flatMap(([key, line]) => {
      const was = then?.get(key)?.figures ?? line.figures.map(() => 0n);
      const differences = line.figures.map((figure, i) => figure - (was[i] ?? 0n));
      if (differences.every((difference) => difference === 0n)) return [];
      return [`  ${line.text.padEnd(50)}  ${differences.map(signed).join(", ")}`];
    });
    if (changed.length === 0) return [];
    return ["", then === undefined ? `${section} (was not there)` : section, ...changed];
  });
}

function parseStats(text: string): Counters {
  const sections = new Map<string, Map<string, Line>>();
  let lines = sectionOf(sections, "all servers");
  let unnamed: Map<string, Line> | undefined;
  for (const line of text.split("\n", LINES_MAX)) {
    const share = /^\d+\) (\\\\[^\t]*)/.exec(line)?.[1];
    if (share !== undefined) {
      if (unnamed !== undefined) sections.set(`server of ${share}`, unnamed);
      unnamed = undefined;
      lines = sectionOf(sections, share);
    } else if (line.startsWith("Max requests in flight")) {
      unnamed = new Map();
      lines = unnamed;
    }
    addLine(lines, line);
  }
  return sections;
}

function sectionOf(sections: Map<string, Map<string, Line>>, name: string): Map<string, Line> {
  const section = sections.get(name) ?? new Map<string, Line>();
  sections.set(name, section);
  return section;
}

/** Rows of figures alone are named by their first, the command; slow responses by their last. A date counts nothing. */
function addLine(lines: Map<string, Line>, line: string): void {
  const text = line.trim().replaceAll(/\s+/g, " ");
  const isShare = /^\d+\) /.test(text);
  const figures = isShare ? [] : (text.replace(DATE, "").match(/\b\d+\b/g) ?? []).slice(0, 16);
  if (figures.length === 0) return;
  const words = text.replace(DATE, "").replaceAll(/\b\d+\b/g, "#");
  const [name, counted] = /^[#\s]+$/.test(words)
    ? [`command ${figures[0]}`, figures.slice(1)]
    : / slow responses from /.test(text)
      ? [`slow responses to command ${figures.at(-1)}`, figures.slice(0, 1)]
      : [words, figures];
  const shown = name === words ? text : `${name}: ${counted.join(" ")}`;
  lines.set(name, { text: shown, figures: counted.map(BigInt) });
}
