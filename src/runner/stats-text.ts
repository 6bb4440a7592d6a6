// Parses /proc/fs/cifs/Stats into sections, in the file's order. Pure; it never throws, and the number of lines is
// bounded.
//
// Formats: cifs_debug.c:cifs_stats_proc_show, smb2ops.c:smb2_print_stats. The names of lines differ by kernel, so a
// line's words are its name and its figures are counters. A share begins with `N) \\server\share`, a server with "Max
// requests in flight". A server has no name in the file and gets that of its first share. A name does not identify a
// section: each session of a multiuser mount and each connection of a nosharesock mount has a section of the same name.

export interface StatsSection {
  readonly kind: "all" | "server" | "share";
  readonly name: string;
  /** Since when a share is counted, from newer kernels; otherwise empty. */
  readonly since: string;
  /** By name: the line's words. */
  readonly lines: ReadonlyMap<string, StatsLine>;
}

export interface StatsLine {
  /** The line with `#` in place of each figure. */
  readonly words: string;
  readonly figures: readonly bigint[];
  /** The first figures, up to this number, are counters that only grow. */
  readonly counters: number;
}

/** Most lines that are read: those of some thousand shares. */
const LINES_MAX = 100_000;
const FIGURES_MAX = 16;
/** `SMBs: 20 since 2026-11-25 01:38:28 UTC`. */
const DATE = / since (\d{4}-\d\d-\d\d .*)$/;
/** Lines whose figures are present values or maxima, not counters. */
const NO_COUNTER =
  /^(?:Open files|CIFS Session|Share \(unique|SMB |Operations \(MIDs\)|Max requests in flight)/;
const SERVER_WITHOUT_SHARES = "a server without shares";

type Draft = { kind: StatsSection["kind"]; name: string; since: string; lines: Map<string, StatsLine> };

export function parseStats(text: string): readonly StatsSection[] {
  const all = aSection("all", "all servers");
  const sections = [all];
  let section = all;
  let unnamed: Draft | undefined;
  for (const line of text.split("\n", LINES_MAX)) {
    const share = /^\d+\) (\\\\[^\t]*)/.exec(line)?.[1];
    if (share !== undefined) {
      section = aSection("share", share);
      if (unnamed !== undefined) unnamed.name = `server of ${share}`;
      unnamed = undefined;
      sections.push(section);
    } else if (line.startsWith("Max requests in flight")) {
      section = aSection("server", SERVER_WITHOUT_SHARES);
      unnamed = section;
      sections.push(section);
    }
    addLine(section, line);
  }
  return sections;
}

// --- internal ---

function aSection(kind: Draft["kind"], name: string): Draft {
  return { kind, name, since: "", lines: new Map() };
}

/**
 * A row of figures alone is named by its first figure, the command; slow responses by their last. Dates are not
 * counters.
 */
function addLine(section: Draft, line: string): void {
  const trimmed = line.trim().replaceAll(/\s+/g, " ");
  if (/^\d+\) /.test(trimmed)) return;
  const text = trimmed.replace(DATE, "");
  section.since ||= DATE.exec(trimmed)?.[1] ?? "";
  const figures = (text.match(/\b\d+\b/g) ?? []).slice(0, FIGURES_MAX).map(BigInt);
  if (figures.length === 0) return;
  const words = text.replaceAll(/\b\d+\b/g, "#");
  if (/^[#\s]+$/.test(words)) {
    // The counters are the number and the total time; the fastest and the slowest time follow.
    const [command, ...counted] = figures;
    const name = `command ${command}`;
    section.lines.set(name, {
      words: `${name}:${" #".repeat(counted.length)}`,
      figures: counted,
      counters: 2,
    });
  } else if (/ slow responses from /.test(text)) {
    const name = `slow responses to command ${figures.at(-1)}`;
    section.lines.set(name, { words: `${name}: #`, figures: figures.slice(0, 1), counters: 1 });
  } else {
    section.lines.set(words, { words, figures, counters: countersIn(words, figures.length) });
  }
}

function countersIn(words: string, figures: number): number {
  if (NO_COUNTER.test(words)) return 0;
  // "Total vfs operations: # maximum at one time: #".
  return words.includes("maximum at one time") ? 1 : figures;
}
