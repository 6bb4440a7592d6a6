// Makes the rows of docs/quality.md from the results of guest runs, docs/quality/<kernel>.json and
// docs/quality/situations-<kernel>.json. It must not judge: the run has compared what aod shows with what it knew.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dir, "../docs/quality");

interface Run {
  /** As `uname -r` prints it. */
  readonly kernel: string;
  readonly kinds: readonly {
    readonly kind: string;
    /** Sources and options. */
    readonly mounted: readonly string[];
    readonly wrong: readonly { readonly fact: string; readonly where: string }[];
  }[];
}

/** Titles and rows of the table of mounts: one row a kind, one column a kernel. */
export function mountRows(): {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const runs = readRuns();
  const kinds = new Map(
    runs.flatMap((run) => run.kinds.map(({ kind, mounted }) => [kind, mounted] as const)),
  );
  return {
    titles: ["kind", "mounted", ...runs.map(({ kernel }) => kernel)],
    rows: [...kinds].map(([kind, mounted]) => [
      kind,
      mounted.map((one) => `\`${one}\``).join("<br>"),
      ...runs.map((run) => verdictOn(run, kind)),
    ]),
  };
}

interface Situations {
  readonly kernel: string;
  readonly situations: readonly {
    readonly situation: string;
    readonly did: string;
    readonly outcome: string;
    readonly faults: readonly string[];
    readonly foundAfterMs: number | null;
    readonly incidents: number;
    readonly cause: string | null;
    readonly headline: string | null;
  }[];
}

/** Titles and rows of the table of situations: one row a trouble, on the newest kernel of the results. */
export function situationRows(): {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const newest = filesOf(/^situations-/).at(-1);
  const { situations } = newest === undefined ? { situations: [] } : (readJson(newest) as Situations);
  return {
    titles: ["situation", "what was done", "incidents", "first one after", "cause", "headline", "outcome"],
    rows: situations.map((one) => [
      one.situation,
      one.did,
      String(one.incidents),
      one.foundAfterMs === null ? "" : `${(one.foundAfterMs / 1000).toFixed(1)} s`,
      one.cause ?? "",
      one.headline ?? "",
      one.faults.length === 0 ? one.outcome : `${one.outcome}: ${one.faults.join("; ")}`,
    ]),
  };
}

/** The number of situations for each outcome, by kernel: `39 right, 1 unknown`. */
export function situationSums(): {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const outcomes = ["right", "unknown", "missed", "false", "wrong"];
  return {
    titles: ["kernel", ...outcomes],
    rows: filesOf(/^situations-/).map((file) => {
      const { kernel, situations } = readJson(file) as Situations;
      const count = (outcome: string) => situations.filter((one) => one.outcome === outcome).length;
      return [kernel, ...outcomes.map((outcome) => String(count(outcome)))];
    }),
  };
}

// --- internal ---

function filesOf(pattern: RegExp): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => pattern.test(file))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, file), "utf8"));
}

function readRuns(): readonly Run[] {
  return filesOf(/^\d/).map((file) => readJson(file) as Run);
}

function verdictOn({ kinds }: Run, kind: string): string {
  const found = kinds.find((one) => one.kind === kind);
  if (found === undefined) return "not tried";
  const wrong = new Set(found.wrong.map(({ fact, where }) => `${fact} (${where})`));
  return wrong.size === 0 ? "right" : `wrong: ${[...wrong].join(", ")}`;
}
