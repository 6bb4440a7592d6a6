// The events of the supervisor: one union of plain data. The daemon turns them into log lines and history, the demo
// into its story; tests read them. The only decision here is which sweeps of the janitor are worth an event.

import type { Anomaly } from "../model/anomaly.ts";
import type { CaptureOrder, CaptureSummary } from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import type { Failure } from "../model/failure.ts";
import type { EndedHang, Incident } from "../model/incident.ts";
import type { Readability } from "../model/readability.ts";
import type { Trouble } from "../model/trouble.ts";
import type {
  DetectorCounts,
  FromDetector,
  FromJanitor,
  FromRunner,
  RunnerCounts,
} from "../thread/messages.ts";
import type { SuppressionCounts } from "./budget.ts";
import type { AttachmentChange } from "./module-watch.ts";

export type EventOf<Type extends SupervisorEvent["type"]> = Extract<SupervisorEvent, { type: Type }>;

export type SupervisorEvent =
  /** All threads work: requests are seen from now on. */
  | { readonly type: "watching"; readonly rules: number; readonly outputDir: string }
  | AttachmentChange
  | { readonly type: "opened"; readonly incident: Incident; readonly anomaly: Anomaly }
  | { readonly type: "worsened"; readonly incident: Incident; readonly anomaly: Anomaly }
  /** An open incident has at least doubled since it was last reported. `joined`: it has another share. */
  | {
      readonly type: "ongoing";
      readonly incident: Incident;
      readonly anomaly: Anomaly;
      readonly joined: boolean;
    }
  /** Nothing of the incident hangs any more, on no share. */
  | { readonly type: "recovered"; readonly incident: Incident; readonly ended: EndedHang }
  | { readonly type: "resolved"; readonly incident: Incident }
  /** `frozenAfterMs`: from the decision of the detector to the copy of the request table. */
  | {
      readonly type: "collecting";
      readonly orderId: number;
      readonly rule: string;
      readonly kind: CaptureOrder["kind"];
      readonly frozenAfterMs: number;
    }
  | Extract<FromRunner, { type: "progress" }>
  /** Without an incident if the capture was made on demand, or if the incident has long been resolved. */
  | {
      readonly type: "collected";
      readonly capture: CaptureSummary;
      readonly incident: Incident | undefined;
    }
  /** Captures that were suppressed since the last such event. */
  | { readonly type: "suppressed"; readonly counts: SuppressionCounts }
  /** Without a rule if the order is unknown; without an incident as in `collected`. */
  | {
      readonly type: "dropped";
      readonly orderId: number;
      readonly rule: string | undefined;
      readonly incidentId: string | undefined;
      readonly reason: string;
    }
  | Extract<FromJanitor, { type: "swept" }>
  /** Something that aod depends on is in trouble, in another trouble, or repaired. */
  | { readonly type: "trouble"; readonly trouble: Trouble }
  | { readonly type: "orphaned"; readonly found: number; readonly closed: number }
  /** Whether the SMB client's own lists can be read has changed. */
  | { readonly type: "clientLists"; readonly readability: Readability }
  /** A line of the kernel log that concerns SMB mounts. */
  | Extract<FromDetector, { type: "kernelLog" }>
  | { readonly type: "lost"; readonly cause: string; readonly count: number }
  /** `isStart`: the configuration of the start; otherwise a reload. */
  | { readonly type: "configured"; readonly config: Config; readonly isStart: boolean }
  | Extract<FromRunner, { type: "notified" }>
  | {
      readonly type: "restarting";
      readonly thread: string;
      readonly failure: Failure;
      readonly delayMs: number;
    }
  | { readonly type: "fatal"; readonly thread: string; readonly failure: Failure }
  | { readonly type: "stopping" }
  | {
      readonly type: "stopped";
      readonly detector: DetectorCounts | undefined;
      readonly runner: RunnerCounts | undefined;
      readonly losses: Readonly<Record<string, number>>;
      /** Incidents that are still open: the next start continues them. */
      readonly open: readonly Incident[];
    };

/** Whether a sweep is worth an event: most sweeps, once a minute, find nothing to do. */
export function isNews({ removals, undeletable, overBytes, rotated }: EventOf<"swept">): boolean {
  return rotated || removals.length + undeletable.length + overBytes > 0;
}
