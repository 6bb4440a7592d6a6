// /proc/fs/cifs/Stats taken apart: text in, sections out, in their order. Pure; it never throws, and the lines are bounded.
//
// Formats: cifs_debug.c:cifs_stats_proc_show, smb2ops.c:smb2_print_stats. What lines are called differs by kernel, so a line's words
// are its name and its figures are counters. A share begins with `N) \\server\share`, a server with "Max requests in flight". A server
// has no name there and gets that of its first share. A name is no identity: each session of a multiuser mount and each
// connection of a nosharesock mount has a section of the same name.

export interface StatsSection {
  readonly kind: "all" | "server" | "share";
  readonly name: string;
  /** Since when a share is counted, in newer kernels; empty in others. */
  readonly since: string;
  /** By name: its words. */
  readonly lines: ReadonlyMap<string, StatsLine>;
}

export interface StatsLine {
  /** With the figures as `#`. */
  readonly words: string;
  readonly figures: readonly bigint[];
  /** How many of the figures, from the first on, only ever grow. */
  readonly counters: number;
}

/** Lines that are looked at: some thousand shares. */
const LINES_MAX = 100_000;
const FIGURES_MAX = 16;
/** `SMBs: 20 since 2026-11-25 01:38:28 UTC`. */
const DATE = / since (\d{4}-\d\d-\d\d .*)$/;
/** Lines whose figures are present values or maxima. */
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

/** Rows of figures alone are named by their first, the command; slow responses by their last. A date counts nothing. */
function addLine(section: Draft, line: string): void {
  const trimmed = line.trim().replaceAll(/\s+/g, " ");
  if (/^\d+\) /.test(trimmed)) return;
  const text = trimmed.replace(DATE, "");
  section.since ||= DATE.exec(trimmed)?.[1] ?? "";
  const figures = (text.match(/\b\d+\b/g) ?? []).slice(0, FIGURES_MAX).map(BigInt);
  if (figures.length === 0) return;
  const words = text.replaceAll(/\b\d+\b/g, "#");
  if (/^[#\s]+$/.test(words)) {
    // Number, total time, fastest, slowest.
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
