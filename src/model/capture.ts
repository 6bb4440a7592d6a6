// What a capture is asked for with, and what is said of one when it is written. Plain data, fit for postMessage.

import type { CustomAction } from "./action.ts";
import type { AnomalyKind } from "./anomaly.ts";
import type { Attribution } from "./attribution.ts";
import type { CaptureName } from "./capture-name.ts";
import type { IncidentScope } from "./incident.ts";
import type { Readability } from "./readability.ts";
import type { Redaction } from "./redaction.ts";
import type { Request } from "./request.ts";
import type { RuleType } from "./rule.ts";
import type { TreeShare } from "./share.ts";
import type { StatusCount } from "./status-count.ts";
import type { Verdict } from "./verdict.ts";

/** Where requests came from: a real cifs client, or synthetic traffic. */
export type Source = "kernel" | "demo";

/** Two readings of one moment, to turn CLOCK_MONOTONIC into the time of day. */
export interface ClockPair {
  /** ms since 1970 UTC. */
  readonly epochMs: number;
  /** ns of CLOCK_MONOTONIC, as a double. */
  readonly monotonicNs: number;
}

/** Why the counters are sampled, to be compared with later ones. */
export type SampleReason = "attached" | "resolved" | "restarted";

/** Why a sample was not taken; these are losses. */
export type SampleFailure = "samples_timed_out" | "samples_too_big" | "samples_failed";

/** How often each thing happened that may cost evidence, by cause. */
export type Losses = Readonly<Record<string, number>>;

/** What one capture may cost. */
export interface CaptureLimits {
  /** Actions that have not begun by then are left out. */
  readonly budgetMs: number;
  /** Of what all actions print, uncompressed; those that have not begun by then are left out. */
  readonly maxBytes: number;
  /** Of the output folder's file system: no capture is made that would leave less. */
  readonly minFreeBytes: number;
  /** Whether it carries report.html. */
  readonly withReport: boolean;
}

/** The kernel side's memory as it was at one moment. Travels beside its order, the buffers transferred. */
export interface FrozenMemory {
  /** The request table: RequestMemory reads it. */
  readonly table: ArrayBuffer;
  /** What tasks were at inside cifs: OperationMemory reads it. */
  readonly operations: ArrayBuffer;
}

/** The runner takes so many at once, at work and waiting: each holds a frozen table of 4 MiB. */
export const ORDERS_MAX = 6;

/** A server of which something hangs at one moment. Plain data. */
export interface HangingServer {
  /** As serverNameOf has it; "unknown" for what has no share that is known. */
  readonly server: string;
  /** Shares that the requests were sent to, the one of the oldest first. */
  readonly shares: readonly string[];
  /** Requests and operations, at least 1. */
  readonly count: number;
  /** Age of the oldest, ns. */
  readonly oldestNs: number;
}

/** What the runner needs for one capture. */
export interface CaptureOrder {
  /** Unique for the life of the daemon. */
  readonly orderId: number;
  readonly trigger: "rule" | "manual";
  /** Why somebody asked for it, in their words; undefined where nobody said. */
  readonly reason: string | undefined;
  /** "manual" for a capture that a person asked for. */
  readonly rule: string;
  readonly ruleType: RuleType | "manual";
  readonly kind: AnomalyKind | "manual";
  readonly share: string;
  /** Undefined for a manual one. */
  readonly incidentId: string | undefined;
  /** The incident's server, rules and shares at this moment; undefined for a manual one. */
  readonly scope: IncidentScope | undefined;
  /** Whose trouble it is; undefined for a manual one while nothing hangs. */
  readonly attribution: Attribution | undefined;
  readonly source: Source;
  /** When the supervisor froze the table: names the capture and dates the request table's times. */
  readonly frozenAt: ClockPair;
  /** When the rule tripped, ns of CLOCK_MONOTONIC. */
  readonly triggeredNs: number;
  /** From the completion, or the due time, of the request that tripped it to the decision. */
  readonly detectedAfterMs: number;
  readonly windowNs: number;
  readonly actions: readonly string[];
  /** Those of `actions` that are not aod's own. */
  readonly customActions: readonly CustomAction[];
  readonly limits: CaptureLimits;
  /** Texts that the operator wants taken out, beside the secrets that aod recognises. Secret itself: no capture contains it. */
  readonly redaction: Redaction;
  /** The incident has a capture already, or one is being made: what takes long is left out. */
  readonly isRepeat: boolean;
  /** What tripped the rule; what hangs, of a manual one. */
  readonly evidence: readonly Request[];
  /** Of a manual one, what hangs, the worst server first: `share`, `attribution` and `evidence` are of that one. Else undefined. */
  readonly hanging: readonly HangingServer[] | undefined;
  /** Of the incident so far, one of each kind and errno; empty for a manual one. */
  readonly signals: readonly Request[];
  /** Of all refusals of the incident so far, the most frequent first; empty for a manual one. */
  readonly statuses: readonly StatusCount[];
  readonly losses: Losses;
  /** From when on no request is missing from the table unless it was evicted: ns of CLOCK_MONOTONIC, at attach. */
  readonly watchingSinceNs: number;
  /** Whether the SMB client's own lists can be read. */
  readonly clientLists: Readability;
  /** Captures of this server and family that were not made since the last one that was. */
  readonly suppressed: number;
  readonly configSha256: string;
  /** Shares by session and tree, as far as they are known; look them up with ShareIndex. */
  readonly shares: readonly TreeShare[];
}

/** What became of one action. Every outcome has this one shape. */
export interface ActionOutcome {
  readonly name: string;
  /** Path inside the capture; undefined where nothing was written. */
  readonly file: string | undefined;
  readonly status: "ok" | "failed" | "timed_out" | "truncated" | "missing";
  /** Undefined for what is no program, or was killed. */
  readonly exitCode: number | undefined;
  readonly durationMs: number;
  readonly bytes: number;
  readonly sha256: string | undefined;
  /** Why it is not ok, for people. */
  readonly reason: string | undefined;
}

/**
 * What became of the page about the capture: a file, or why there is none. `off`: none is wanted; `missing`: it was left out, as an
 * action that is missing; `failed`: it could not be made.
 */
export type ReportOutcome =
  | { readonly status: "ok"; readonly file: string; readonly bytes: number; readonly sha256: string }
  | { readonly status: "off" | "missing" | "failed"; readonly reason: string };

/** A capture that stands under its final name. */
export interface CaptureSummary {
  readonly orderId: number;
  readonly incidentId: string | undefined;
  /** File name inside `batches/`. */
  readonly name: string;
  readonly bytes: number;
  readonly durationMs: number;
  readonly actions: readonly ActionOutcome[];
  readonly verdict: Verdict;
  readonly report: ReportOutcome;
}

/** A capture as it lies on the disk. */
export interface StoredCapture extends CaptureName {
  readonly fileName: string;
  readonly bytes: number;
  /** Its file is read-only, as `aod captures keep` makes it: neither age nor size removes it. */
  readonly isPinned: boolean;
}

/** One deletion, and why. */
export interface Removal {
  /** File name inside `batches/`; that of the old history, beside it. */
  readonly name: string;
  readonly bytes: number;
  readonly reason: "age" | "size";
}
