// A notice for the program that `notify` names, and its outcome. Plain data.

import type { Family } from "./family.ts";
import type { Cause } from "./verdict.ts";

/** The events that have notices, in the order in which they are documented. */
export const NOTICE_EVENTS = ["opened", "captured", "resolved"] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

export interface NotifySettings {
  /** The program's absolute path, and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly on: readonly NoticeEvent[];
  /** Deadline, after which the program is killed. */
  readonly timeoutMs: number;
}

export interface Notice {
  /** Unique for the life of the daemon. */
  readonly noticeId: number;
  readonly event: NoticeEvent;
  /** Undefined for a capture on demand. */
  readonly incidentId: string | undefined;
  /** Id of the incident; empty if there is none. */
  readonly server: string;
  readonly family: Family | "";
  readonly rule: string;
  /** Empty if there is none. */
  readonly share: string;
  /** The absolute path of the capture that the notice is about, or of the incident's newest; empty if there is none. */
  readonly capture: string;
  /** The cause of the verdict; empty if there is no capture. */
  readonly verdict: Cause | "";
  /** The refusals of the incident, as `STATUS_DISK_FULL 12 ×`; empty if nothing was refused. */
  readonly status: string;
}

export interface NoticeOutcome {
  /** `dropped`: the program was not started. */
  readonly status: "ok" | "failed" | "timed_out" | "dropped";
  /** Undefined if the program was killed or not started. */
  readonly exitCode: number | undefined;
  readonly durationMs: number;
  /** The reason why it is not ok, in words. */
  readonly reason: string | undefined;
}

/** The outcome of a notice for which no program was started. */
export function droppedNotice(reason: string): NoticeOutcome {
  return { status: "dropped", exitCode: undefined, durationMs: 0, reason };
}
