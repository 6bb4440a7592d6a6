// Every message between threads: one union for each direction and worker, named from the supervisor's side. Commands
// are verbs, reports are states, payloads are nouns of model/. Plain data only: classes, functions and errors are lost
// between threads. A switch over a union ends in `satisfies never`.

import type { Anomaly, Recovery } from "../model/anomaly.ts";
import type { Approach } from "../model/approach.ts";
import type {
  ActionOutcome,
  CaptureOrder,
  CaptureSummary,
  FrozenMemory,
  Losses,
  Removal,
  SampleReason,
  Source,
  StoredCapture,
} from "../model/capture.ts";
import type { CleanupLimits } from "../model/config.ts";
import type { Failure } from "../model/failure.ts";
import type { Notice, NoticeOutcome, NotifySettings } from "../model/notice.ts";
import type { Operation } from "../model/operation.ts";
import type { Readability } from "../model/readability.ts";
import type { Request } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import type { KnownTree } from "../model/share.ts";
import type { SourceHandles, TableHandles } from "../model/source.ts";
import type { ClockDoubt } from "../model/trouble.ts";

/** Commands that every thread takes beside its own. */
export type Common =
  /** Answered by `pulse`; a thread that does not answer is considered lost. */
  | { readonly type: "ping" }
  /** Finish the work in hand, release all resources, answer `stopped`. */
  | { readonly type: "stop" };

/** Reports that every thread sends beside its own. */
export type CommonReport<Counts> =
  | { readonly type: "ready" }
  /** `exhausted`: shortages that this thread has met, by cause; the port adds it. */
  | { readonly type: "pulse"; readonly counts: Counts; readonly exhausted?: Losses }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "stopped" };

// --- detector ---

export type ToDetector =
  | Common
  | {
      readonly type: "start";
      readonly handles: SourceHandles;
      readonly source: Source;
      readonly rules: readonly Rule[];
      /** Trees that an earlier detector knew: the kernel still counts their replies in the same slots. */
      readonly trees: readonly KnownTree[];
    }
  | { readonly type: "configure"; readonly rules: readonly Rule[] }
  /** The programs see requests from now on. */
  | { readonly type: "attached" };

export interface DetectorCounts {
  /** Records read from the ring. */
  readonly records: number;
  /** Records of an unexpected length or an unknown kind. */
  readonly malformed: number;
  /** Records that were seen before, after a restart. */
  readonly repeated: number;
  /** Anomalies posted. */
  readonly anomalies: number;
  /** Scans of the request table. */
  readonly scans: number;
  /** Times it woke up, for any reason. */
  readonly wakeUps: number;
  /** Requests in flight at the last scan. */
  readonly inFlight: number;
  /** Overdue requests whose reply no task awaits any more. */
  readonly orphaned: number;
  /** Open requests that lost their line and are followed by the detector. */
  readonly followed: number;
  /** Evicted requests that could not be followed because too many are followed already. */
  readonly unfollowed: number;
  /** Readings of DebugData that timed out. */
  readonly lateReadings: number;
  /** Times that the kernel overwrote records of its log before they were read. */
  readonly kernelLogOverwritten: number;
}

export type FromDetector =
  | CommonReport<DetectorCounts>
  | { readonly type: "anomaly"; readonly anomaly: Anomaly }
  /** Nothing hangs any more for one rule on one share. */
  | { readonly type: "recovered"; readonly recovery: Recovery }
  /** Open lines whose reply no task awaits any more: to be closed in the kernel. */
  | { readonly type: "orphanedRequests"; readonly requests: readonly Request[] }
  /** Lines of operations that their tasks have abandoned: to be freed in the kernel. */
  | { readonly type: "abandonedOperations"; readonly operations: readonly Operation[] }
  /** The kernel notified the detector's epoll set: cifs.ko was loaded or unloaded, or a mount came or went. */
  | { readonly type: "hostChanged"; readonly what: "module" | "mounts" }
  /** Whether DebugData can be read, whenever that changed; readable until something else is reported. */
  | { readonly type: "clientLists"; readonly readability: Readability }
  /** A line of the kernel log that concerns SMB mounts; `text` is bounded and without control characters. */
  | { readonly type: "kernelLog"; readonly signal: string; readonly text: string }
  /** How near the rules came to tripping, before each pulse. */
  | { readonly type: "approaches"; readonly approaches: readonly Approach[] }
  /** Everything that is known of the trees, whenever it changed. */
  | { readonly type: "shares"; readonly shares: readonly KnownTree[] };

// --- runner ---

export type ToRunner =
  | Common
  | {
      readonly type: "start";
      readonly outputDir: string;
      readonly notify: NotifySettings | undefined;
      readonly table: TableHandles;
    }
  /** Whether the SMB client's own lists can be read: no second reader must hang on them. */
  | { readonly type: "clientLists"; readonly readability: Readability }
  | { readonly type: "configure"; readonly notify: NotifySettings | undefined }
  /** Run the program of `notify`. */
  | { readonly type: "notify"; readonly notice: Notice }
  /** Take a baseline of the counters: later captures report what has changed since. */
  | { readonly type: "sample"; readonly reason: SampleReason }
  /** The buffers are transferred. */
  | { readonly type: "collect"; readonly order: CaptureOrder; readonly frozen: FrozenMemory };

export interface RunnerCounts {
  readonly captured: number;
  readonly failed: number;
  /** Orders that are waiting or being worked on. */
  readonly busy: number;
  /** Programs of `notify` that succeeded, that failed, and notices for which none was started. */
  readonly notices: { readonly notified: number; readonly failed: number; readonly dropped: number };
  /** Losses by cause, with the names of LOSS_CAUSES. */
  readonly losses: Losses;
  /** Unfinished captures of an earlier runner that this one removed when it started. */
  readonly leftovers: number;
}

export type FromRunner =
  | CommonReport<RunnerCounts>
  /** An action of a capture on demand has ended or was skipped. */
  | {
      readonly type: "progress";
      readonly orderId: number;
      readonly action: string;
      readonly status: ActionOutcome["status"];
      /** Actions that have ended, and all of them. */
      readonly ended: number;
      readonly of: number;
    }
  | { readonly type: "collected"; readonly capture: CaptureSummary }
  /** This order will not become a capture; the reason says what to do. */
  | { readonly type: "dropped"; readonly orderId: number; readonly reason: string }
  | { readonly type: "notified"; readonly notice: Notice; readonly outcome: NoticeOutcome };

// --- janitor ---

export type ToJanitor =
  | Common
  /** `protectedNames`: captures that are not deleted for size: the newest of each open incident and of the last one. */
  | {
      readonly type: "start";
      readonly outputDir: string;
      readonly limits: CleanupLimits;
      readonly protectedNames: readonly string[];
    }
  | { readonly type: "configure"; readonly limits: CleanupLimits }
  | { readonly type: "sweep"; readonly protectedNames: readonly string[] };

export interface JanitorCounts {
  readonly sweeps: number;
  readonly removed: number;
  readonly removedBytes: number;
}

export type FromJanitor =
  | CommonReport<JanitorCounts>
  /** The folder can't be opened, so nothing was swept; with the reason. */
  | { readonly type: "blocked"; readonly reason: string }
  /** The captures in the folder, once, before the first sweep and before `ready`. */
  | { readonly type: "found"; readonly captures: readonly StoredCapture[] }
  | {
      readonly type: "swept";
      readonly removals: readonly Removal[];
      /** Captures that exceeded a limit and could not be removed, each with the errno's name. */
      readonly undeletable: readonly { readonly name: string; readonly reason: string }[];
      /** Captures on the disk after the sweep. */
      readonly storedCount: number;
      readonly storedBytes: number;
      /** By how much pinned captures alone exceed the limit; 0 if they do not, or if that was reported already. */
      readonly overBytes: number;
      /** Why no capture was removed for its age: the clock is not trusted yet. Undefined if it is. */
      readonly ageDoubt: ClockDoubt | undefined;
      /** The history was renamed: the next entry starts a new file. */
      readonly rotated: boolean;
    };
