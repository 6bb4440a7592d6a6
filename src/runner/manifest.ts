// Makes the manifest of a capture: what happened, which files the capture has, and which are missing and why. Facts in,
// JSON text out, without secrets; reads nothing of the machine. The names are the public contract: change none, add
// with care (docs/captures.md describes them for people, docs/manifest.schema.json for programs).

import { encodeAttribution } from "../model/attribution.ts";
import type { ActionOutcome, CaptureOrder, HangingServer, ReportOutcome } from "../model/capture.ts";
import { lossesByCause } from "../model/losses.ts";
import { statusRow } from "../model/status-count.ts";
import type { Verdict } from "../model/verdict.ts";
import { scrubJson } from "../scrubber/scrub-json.ts";
import type { Scrubber } from "../scrubber/scrubber.ts";
import type { Recorder } from "../table/recorder.ts";
import { makeRequestRow } from "./request-row.ts";
import { makeUtcFormat } from "./utc.ts";

const SCHEMA_VERSION = 1;

/** Facts that are the same for every capture of one daemon. */
export interface HostFacts {
  readonly aodVersion: string;
  readonly host: string;
  /** Tells whether two captures are of one boot: their CLOCK_MONOTONIC times compare only then. */
  readonly bootId: string;
  /** The release, as uname -r prints it. */
  readonly kernel: string;
}

/** The manifest before the report's outcome is added: the report is made from it. Without secrets. */
export type Manifest = Readonly<Record<string, unknown>>;

interface Scrubbing {
  readonly scrubber: Scrubber;
  /** Secrets that were removed from the other files. */
  readonly scrubbed: number;
}

/** Makes the whole manifest except for the outcome of the report. */
export function makeManifest(
  order: CaptureOrder,
  facts: HostFacts,
  { offsets, oldestNs, completeSinceNs }: Pick<Recorder, "offsets" | "oldestNs" | "completeSinceNs">,
  outcomes: readonly ActionOutcome[],
  verdict: Verdict,
  { scrubber, scrubbed }: Scrubbing,
): Manifest {
  const utc = makeUtcFormat(order.frozenAt);
  const manifest = {
    schema_version: SCHEMA_VERSION,
    aod_version: facts.aodVersion,
    host: facts.host,
    boot_id: facts.bootId,
    kernel: facts.kernel,
    source: order.source,
    trigger: order.trigger,
    reason: order.reason ?? null,
    rule: order.rule,
    type: order.ruleType,
    kind: order.kind,
    share: order.share || null,
    incident_id: order.incidentId ?? null,
    server: order.scope?.server ?? null,
    family: order.scope?.family ?? null,
    rules: order.scope?.rules ?? [],
    shares: order.scope?.shares ?? [],
    attribution: order.attribution === undefined ? null : encodeAttribution(order.attribution),
    triggered_at: utc(order.triggeredNs),
    detected_after_ms: toMicroseconds(order.detectedAfterMs),
    frozen_at: utc(order.frozenAt.monotonicNs),
    config_sha256: order.configSha256,
    evidence: order.evidence.map(makeRequestRow(order)),
    hanging: order.hanging === undefined ? null : order.hanging.map(hangingRow),
    statuses: order.statuses.map(statusRow),
    recorder: {
      records: offsets.length,
      oldest_ms:
        oldestNs === undefined ? null : toMicroseconds((order.frozenAt.monotonicNs - oldestNs) / 1e6),
      complete_since: utc(completeSinceNs),
      evicted: order.losses.evicted ?? 0,
    },
    actions: outcomes.map((outcome) => ({
      name: outcome.name,
      file: outcome.file ?? null,
      status: outcome.status,
      reason: outcome.reason ?? null,
      exit_code: outcome.exitCode ?? null,
      duration_ms: outcome.durationMs,
      bytes: outcome.bytes,
      sha256: outcome.sha256 ?? null,
    })),
    verdict,
    client_lists: order.clientLists,
    losses: lossesByCause(order.losses),
    counters: order.losses,
    suppressed: order.suppressed,
  };
  // Secrets may be in the names of shares, processes and mount points, and in the error messages of programs.
  const clean = scrubJson(manifest, scrubber);
  return { ...clean.value, scrubbed: scrubbed + clean.count, cleanings: [] };
}

/** The text of manifest.json. */
export function encodeManifest(manifest: Manifest, outcome: ReportOutcome): string {
  const { status, ...made } = outcome;
  const report =
    status === "ok" ? { ...made, reason: null } : { file: null, bytes: 0, sha256: null, ...made };
  return `${JSON.stringify({ ...manifest, report }, null, 2)}\n`;
}

function hangingRow({ server, shares, count, oldestNs }: HangingServer) {
  return { server, shares, count, oldest_ms: toMicroseconds(oldestNs / 1e6) };
}

/** ms, rounded to the microsecond: more digits would be noise. */
function toMicroseconds(ms: number): number {
  return Math.round(Math.max(0, ms) * 1000) / 1000;
}
