// Every message between threads: one union for each arrow, named from the supervisor's side. Commands are verbs,
// reports are states, payloads are nouns of model/. Plain data only: classes, functions and errors do not survive
// the way. Who receives one ends its switch in `satisfies never`.

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

/** What every thread takes beside its own commands. */
export type Common =
  /** Answered by `pulse`; a thread that does not answer is taken for lost. */
  | { readonly type: "ping" }
  /** Finish what is begun, release what is held, answer `stopped`. */
  | { readonly type: "stop" };

/** What every thread says beside its own reports. */
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
      /** Those that an earlier detector knew: the kernel goes on to count their replies in the same slots. */
      readonly trees: readonly KnownTree[];
    }
  | { readonly type: "configure"; readonly rules: readonly Rule[] }
  /** The programs see requests from now on. */
  | { readonly type: "attached" };

export interface DetectorCounts {
  /** Records read from the ring. */
  readonly records: number;
  /** Records that had another length or an unknown kind: never expected. */
  readonly malformed: number;
  /** Records that were seen before, after a restart. */
  readonly repeated: number;
  /** Anomalies posted. */
  readonly anomalies: number;
  /** Times it looked through the request table. */
  readonly scans: number;
  /** Times it woke up, for whatever reason. */
  readonly wakeUps: number;
  /** Requests in flight when it last looked. */
  readonly inFlight: number;
  /** Overdue requests whose reply no task awaits any more. */
  readonly orphaned: number;
  /** Open requests that lost their line and are followed by the detector. */
  readonly followed: number;
  /** Evicted requests that could not be followed, because too many are. */
  readonly unfollowed: number;
  /** Readings of DebugData whose reader did not come back in time. */
  readonly lateReadings: number;
  /** Times that the kernel overwrote records of its log before they were read. */
  readonly kernelLogOverwritten: number;
}

export type FromDetector =
  | CommonReport<DetectorCounts>
  | { readonly type: "anomaly"; readonly anomaly: Anomaly }
  /** What hung has ended. */
  | { readonly type: "recovered"; readonly recovery: Recovery }
  /** Open lines whose reply no task awaits any more: to be closed in the kernel. */
  | { readonly type: "orphanedRequests"; readonly requests: readonly Request[] }
  /** Lines of operations that their tasks have abandoned: to be freed in the kernel. */
  | { readonly type: "abandonedOperations"; readonly operations: readonly Operation[] }
  /** What the kernel told the detector's epoll set: cifs.ko came or went, or some mount did. */
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
  /** Whether the SMB client's own lists can be read: no other reader is to hang on them. */
  | { readonly type: "clientLists"; readonly readability: Readability }
  | { readonly type: "configure"; readonly notify: NotifySettings | undefined }
  /** Run the program that is to be told of it. */
  | { readonly type: "notify"; readonly notice: Notice }
  /** Note what the counters are now: later captures say what changed. */
  | { readonly type: "sample"; readonly reason: SampleReason }
  /** The buffers are transferred. */
  | { readonly type: "collect"; readonly order: CaptureOrder; readonly frozen: FrozenMemory };

export interface RunnerCounts {
  readonly captured: number;
  readonly failed: number;
  /** Orders that are waiting or being worked on. */
  readonly busy: number;
  /** Programs of `notify` that ended well, that did not, and notices for which none was begun. */
  readonly notices: { readonly notified: number; readonly failed: number; readonly dropped: number };
  /** What it could not end or take, by cause, names of LOSS_CAUSES. */
  readonly losses: Losses;
  /** Unfinished captures of an earlier runner that this one removed when it started. */
  readonly leftovers: number;
}

export type FromRunner =
  | CommonReport<RunnerCounts>
  /** An action of a capture that somebody asked for has ended, or was left out. */
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
  /** `protectedNames`: captures that are not to be deleted for size (of an open or the last incident, the newest). */
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
  /** The folder can't be opened, and nothing was swept: why. */
  | { readonly type: "blocked"; readonly reason: string }
  /** What lies in the folder, once, before the first sweep and before `ready`. */
  | { readonly type: "found"; readonly captures: readonly StoredCapture[] }
  | {
      readonly type: "swept";
      readonly removals: readonly Removal[];
      /** Captures that exceeded a limit and could not be removed, each with the errno's name. */
      readonly undeletable: readonly { readonly name: string; readonly reason: string }[];
      /** Captures that are left. */
      readonly storedCount: number;
      readonly storedBytes: number;
      /** By how much those that somebody keeps exceed the limit by themselves; 0 where that is not so, or is no news. */
      readonly overBytes: number;
      /** Why nothing was removed for its age: the clock can't be believed yet. Undefined where it can. */
      readonly ageDoubt: ClockDoubt | undefined;
      /** The history was renamed: it is to be begun anew. */
      readonly rotated: boolean;
    };
