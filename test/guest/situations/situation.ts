// A situation is a trouble of a share, with the incident that the built-in rules must report. Several are played one
// after the other under one daemon, so that a trouble must also be distinguished from the one before it. The results go
// to docs/quality.md.

import { readFileSync } from "node:fs";
import { release } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { Daemon } from "../daemon.ts";
import { AOD } from "../daemon.ts";
import { unmountAll } from "../mount.ts";
import { endStrays, run, waitFor } from "../process.ts";

/** One trouble of a situation. */
export interface Trouble {
  /** The trouble in words. */
  readonly did: string;
  /** Causes the trouble, with the work that shows it to aod, and ends it again. */
  readonly provoke: () => Promise<void>;
  /** The expected incident; undefined if there must be none. */
  readonly expect: Expected | undefined;
}

export interface Expected {
  readonly family: "availability" | "refusals";
  /** The right causes, the plainest first. */
  readonly causes: readonly string[];
  /** The shares that must be named; no other may be. */
  readonly shares: readonly string[];
  /** The text that the headline must contain. */
  readonly headline?: RegExp;
}

export interface Situation {
  readonly name: string;
  /** Makes mounts and files before the trouble begins. */
  readonly prepare?: () => Promise<void>;
  /** Several troubles follow each other within a minute. */
  readonly troubles: readonly Trouble[];
}

/** `unknown`: no cause is named, and nothing is wrong. */
export type Outcome = "right" | "missed" | "false" | "wrong" | "unknown";

/** A row of docs/quality/situations-<kernel>.json. */
export interface Result {
  readonly situation: string;
  readonly did: string;
  readonly outcome: Outcome;
  /** The deviations from what must be reported; empty if all is right. */
  readonly faults: readonly string[];
  /** From the beginning of the trouble to the first incident; null without one. */
  readonly foundAfterMs: number | null;
  readonly incidents: number;
  readonly cause: string | null;
  readonly headline: string | null;
}

interface IncidentJson {
  readonly id: string;
  readonly family: string;
  readonly state: string;
  readonly opened_at: string;
  readonly shares: readonly string[];
  readonly captures: readonly string[];
  readonly verdict: { readonly cause: string; readonly because: readonly string[] } | null;
}

/** An incident is resolved this long after the last anomaly; the built-in ten seconds would only take time here. */
const RESOLVE_AFTER_SEC = 3;
const SETTLE_TIMEOUT_MS = 90_000;
/** A capture may be completed after its incident; one that was suppressed never comes. */
const CAPTURE_TIMEOUT_MS = 15_000;

/** The built-in rules of aod. */
export function builtInConfig(): string {
  return readFileSync("/payload/aod.yaml", "utf8")
    .replace(/^aod_output_dir:.*$/m, "")
    .replace(/resolve_after_sec: \d+/, `resolve_after_sec: ${RESOLVE_AFTER_SEC}`);
}

const results: Result[] = [];
let screens = 0;

/** Plays a situation to its end, whatever the result is. */
export async function playSituation(
  { name, prepare, troubles }: Situation,
  aod: Daemon,
): Promise<readonly Result[]> {
  const own: Result[] = [];
  try {
    await prepare?.();
    // Anomalies of the preparation do not count.
    await waitForQuiet(aod);
    for (const trouble of troubles) own.push(await playTrouble(name, trouble, aod));
  } catch (error) {
    const fault = `the situation could not be made: ${error instanceof Error ? error.message : error}`;
    own.push({ ...NOTHING, situation: name, did: "", outcome: "wrong", faults: [fault] });
  } finally {
    await endStrays();
    await unmountAll();
    await waitForQuiet(aod).catch(() => undefined);
  }
  results.push(...own);
  await Bun.write(
    "/run/results/situations.json",
    `${JSON.stringify({ kernel: release(), situations: results }, null, 2)}\n`,
  );
  // The host ends a guest that prints nothing for minutes.
  for (const { did, outcome, faults, foundAfterMs, cause, headline } of own)
    process.stdout.write(
      `#   ${name}: ${outcome}, ${did}, after ${foundAfterMs} ms, ${cause}: ${headline} ${faults.join("; ")}\n`,
    );
  return own;
}

// --- internal ---

const NOTHING = { foundAfterMs: null, incidents: 0, cause: null, headline: null } as const;

async function playTrouble(
  situation: string,
  { did, provoke, expect }: Trouble,
  aod: Daemon,
): Promise<Result> {
  const known = new Set((await incidentsOf(aod)).map(({ id }) => id));
  const beganMs = Date.now();
  await provoke();
  await waitForQuiet(aod);
  const incidents = (await incidentsOf(aod)).filter(({ id }) => !known.has(id)).toReversed();
  const [first] = incidents;
  const common = {
    situation,
    did,
    foundAfterMs: first === undefined ? null : Math.max(0, Date.parse(first.opened_at) - beganMs),
    incidents: incidents.length,
    cause: first?.verdict?.cause ?? null,
    headline: first === undefined ? null : await headlineOf(first, aod),
  };
  const faults = faultsOf(incidents, common.headline, expect);
  return { ...common, outcome: outcomeOf(incidents, faults, expect), faults };
}

function faultsOf(
  incidents: readonly IncidentJson[],
  headline: string | null,
  expect: Expected | undefined,
): readonly string[] {
  const [first, ...others] = incidents;
  if (expect === undefined) return incidents.map(({ shares }) => `an incident of ${shares.join(", ")}`);
  if (first === undefined) return ["no incident"];
  const cause = first.verdict?.cause ?? "none";
  const because = first.verdict?.because.join("; ") ?? "no capture";
  const isKnown = expect.causes.includes(cause);
  return [
    ...others.map((other) => `another incident, ${other.family}, of ${other.shares.join(", ")}`),
    ...(first.family === expect.family ? [] : [`its family is ${first.family}`]),
    ...(isKnown ? [] : [`its cause is ${cause}: ${because}`]),
    ...(namesThem(first.shares, expect.shares) ? [] : [`it names ${first.shares.join(", ")}`]),
    ...(expect.headline?.test(headline ?? "") === false ? [`its headline is ${headline}`] : []),
  ];
}

/** Trouble of a whole server has no share; if the server is expected, no share must be named. */
function namesThem(shares: readonly string[], expected: readonly string[]): boolean {
  const isShare = (name: string) => name.split("/").length > 3;
  const named = shares.filter(isShare);
  if (!expected.every(isShare)) return named.every((share) => expected.includes(share));
  return isDeepStrictEqual(named.toSorted(), expected.toSorted());
}

function outcomeOf(
  incidents: readonly IncidentJson[],
  faults: readonly string[],
  expect: Expected | undefined,
): Outcome {
  if (faults.length === 0) return "right";
  if (expect === undefined || incidents.length > 1) return "false";
  const [first] = incidents;
  if (first === undefined) return "missed";
  const isOpen =
    first.verdict?.cause === "unknown" && faults.length === 1 && faults[0]?.startsWith("its cause");
  return isOpen === true ? "unknown" : "wrong";
}

async function incidentsOf(aod: Daemon): Promise<readonly IncidentJson[]> {
  return JSON.parse(await run(AOD, "incidents", "--json", "--config", aod.configFile)) as IncidentJson[];
}

/** Waits until no incident is open and each has its capture. */
async function waitForQuiet(aod: Daemon): Promise<void> {
  let captureUntilMs = Infinity;
  await waitFor(
    "the incidents to be over",
    async () => {
      const all = await incidentsOf(aod);
      if (all.some(({ state }) => state === "open")) return false;
      captureUntilMs = Math.min(captureUntilMs, performance.now() + CAPTURE_TIMEOUT_MS);
      return all.every(({ captures }) => captures.length > 0) || performance.now() > captureUntilMs;
    },
    SETTLE_TIMEOUT_MS,
  );
}

/** The line below the verdict of `captures show`. */
async function headlineOf({ captures }: IncidentJson, aod: Daemon): Promise<string | null> {
  const [capture] = captures;
  if (capture === undefined) return null;
  const shown = await run(AOD, "captures", "show", capture, "--config", aod.configFile);
  // For a person who must name the culprit from this screen alone.
  screens += 1;
  await Bun.write(`/run/results/screens/${String(screens).padStart(2, "0")}.txt`, shown);
  const lines = shown.split("\n");
  return lines[lines.findIndex((line) => line.startsWith("verdict ")) + 1]?.trim() ?? null;
}
