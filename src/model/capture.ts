// The order of a capture, and the summary of a written one. Plain data, fit for postMessage.

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

/** The source of requests: a real cifs client, or synthetic traffic. */
export type Source = "kernel" | "demo";

/** Two readings at one moment, to convert CLOCK_MONOTONIC to the time of day. */
export interface ClockPair {
  /** ms since 1970 UTC. */
  readonly epochMs: number;
  /** ns of CLOCK_MONOTONIC, as a double. */
  readonly monotonicNs: number;
}

/** The reason for a sample of the counters, which later captures compare with. */
export type SampleReason = "attached" | "resolved" | "restarted";

/** The reason why a sample was not taken; these are losses. */
export type SampleFailure = "samples_timed_out" | "samples_too_big" | "samples_failed";

/** Counts of events that may cost evidence, by cause. */
export type Losses = Readonly<Record<string, number>>;

/** Limits of one capture. */
export interface CaptureLimits {
  /** Actions that have not begun by then are left out. */
  readonly budgetMs: number;
  /** Limit for the output of all actions, uncompressed; actions that have not begun when it is reached are left out. */
  readonly maxBytes: number;
  /** Free space that must remain on the output folder's file system, or no capture is made. */
  readonly minFreeBytes: number;
  /** Whether the capture contains report.html. */
  readonly withReport: boolean;
}

/** The kernel side's memory as it was at one moment. It travels beside its order; the buffers are transferred. */
export interface FrozenMemory {
  /** The request table: RequestMemory reads it. */
  readonly table: ArrayBuffer;
  /** The operations of all tasks: OperationMemory reads them. */
  readonly operations: ArrayBuffer;
}

/** The most orders that the runner holds, in progress and waiting: each has a frozen table of 4 MiB. */
export const ORDERS_MAX = 6;

/** A server with requests or operations that hang at one moment. Plain data. */
export interface HangingServer {
  /** The server, as serverNameOf has it; "unknown" if no share is known. */
  readonly server: string;
  /** The shares of the requests, that of the oldest request first. */
  readonly shares: readonly string[];
  /** Requests and operations, at least 1. */
  readonly count: number;
  /** Age of the oldest, ns. */
  readonly oldestNs: number;
}

/** Everything that the runner needs for one capture. */
export interface CaptureOrder {
  /** Unique for the life of the daemon. */
  readonly orderId: number;
  readonly trigger: "rule" | "manual";
  /** The reason that the user gave for a capture on demand; undefined without one. */
  readonly reason: string | undefined;
  /** "manual" for a capture on demand. */
  readonly rule: string;
  readonly ruleType: RuleType | "manual";
  readonly kind: AnomalyKind | "manual";
  readonly share: string;
  /** Undefined for a capture on demand. */
  readonly incidentId: string | undefined;
  /** The incident's server, rules and shares at this moment; undefined for a capture on demand. */
  readonly scope: IncidentScope | undefined;
  /** The attribution; undefined for a capture on demand while nothing hangs. */
  readonly attribution: Attribution | undefined;
  readonly source: Source;
  /** When the supervisor froze the table: it names the capture and dates the times of the request table. */
  readonly frozenAt: ClockPair;
  /** When the rule tripped, ns of CLOCK_MONOTONIC. */
  readonly triggeredNs: number;
  /** Time from the end, or the due time, of the request that tripped the rule to the decision. */
  readonly detectedAfterMs: number;
  readonly windowNs: number;
  readonly actions: readonly string[];
  /** The ones among `actions` that are not aod's own. */
  readonly customActions: readonly CustomAction[];
  readonly limits: CaptureLimits;
  /**
   * Texts that the operator wants removed, beside the secrets that aod recognises. They are secret: no capture contains
   * them.
   */
  readonly redaction: Redaction;
  /** Whether the incident has a capture already, or one in progress: then slow actions are left out. */
  readonly isRepeat: boolean;
  /** The requests that tripped the rule; for a capture on demand the ones that hang. */
  readonly evidence: readonly Request[];
  /**
   * For a capture on demand the hanging servers, the worst first: `share`, `attribution` and `evidence` are those of
   * the first. Else undefined.
   */
  readonly hanging: readonly HangingServer[] | undefined;
  /** The signals of the incident so far, one of each kind and errno; empty for a capture on demand. */
  readonly signals: readonly Request[];
  /** All refusals of the incident so far, the most frequent first; empty for a capture on demand. */
  readonly statuses: readonly StatusCount[];
  readonly losses: Losses;
  /**
   * From this time on no request is missing from the table unless it was evicted: ns of CLOCK_MONOTONIC, at the attach.
   */
  readonly watchingSinceNs: number;
  /** Whether the SMB client's own lists can be read. */
  readonly clientLists: Readability;
  /** Captures of this server and family that were suppressed since its last capture. */
  readonly suppressed: number;
  readonly configSha256: string;
  /** The known shares by session and tree; ShareIndex finds them. */
  readonly shares: readonly TreeShare[];
}

/** The outcome of one action. Every outcome has this one shape. */
export interface ActionOutcome {
  readonly name: string;
  /** Path inside the capture; undefined if no file was written. */
  readonly file: string | undefined;
  readonly status: "ok" | "failed" | "timed_out" | "truncated" | "missing";
  /** Undefined if the action is not a program, or the program was killed. */
  readonly exitCode: number | undefined;
  readonly durationMs: number;
  readonly bytes: number;
  readonly sha256: string | undefined;
  /** The reason why it is not ok, in words. */
  readonly reason: string | undefined;
}

/**
 * The outcome of the page about the capture: a file, or the reason why there is none. `off`: no page is wanted;
 * `missing`: it was left out, like an action that is missing; `failed`: it could not be made.
 */
export type ReportOutcome =
  | { readonly status: "ok"; readonly file: string; readonly bytes: number; readonly sha256: string }
  | { readonly status: "off" | "missing" | "failed"; readonly reason: string };

/** A complete capture under its final name. */
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

/** A capture on the disk. */
export interface StoredCapture extends CaptureName {
  readonly fileName: string;
  readonly bytes: number;
  /** Its file is read-only, because `aod captures keep` pinned it: neither age nor size removes it. */
  readonly isPinned: boolean;
}

/** One deletion and its reason. */
export interface Removal {
  /** File name inside `batches/`; for the old history, beside it. */
  readonly name: string;
  readonly bytes: number;
  readonly reason: "age" | "size";
}
