// A notice: what the program that `notify` names is told of, and what became of telling it. Plain data.

import type { Family } from "./family.ts";
import type { Cause } from "./verdict.ts";

/** What there are notices of, in the order in which they are documented. */
export const NOTICE_EVENTS = ["opened", "captured", "resolved"] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

export interface NotifySettings {
  /** The program's absolute path, and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly on: readonly NoticeEvent[];
  /** After this it is killed. */
  readonly timeoutMs: number;
}

export interface Notice {
  /** Unique for the life of the daemon. */
  readonly noticeId: number;
  readonly event: NoticeEvent;
  /** Undefined for a capture that a person asked for. */
  readonly incidentId: string | undefined;
  /** Of the incident; empty where there is none. */
  readonly server: string;
  readonly family: Family | "";
  readonly rule: string;
  /** Empty where there is none. */
  readonly share: string;
  /** The absolute path of the capture it is about, or of the incident's newest; empty where there is none. */
  readonly capture: string;
  /** The cause that its verdict names; empty where there is no capture. */
  readonly verdict: Cause | "";
  /** The refusals of the incident, as `STATUS_DISK_FULL 12 ×`; empty where nothing was refused. */
  readonly status: string;
}

export interface NoticeOutcome {
  /** `dropped`: never begun. */
  readonly status: "ok" | "failed" | "timed_out" | "dropped";
  /** Undefined where it was killed or not begun. */
  readonly exitCode: number | undefined;
  readonly durationMs: number;
  /** Why it is not ok, for people. */
  readonly reason: string | undefined;
}

/** What becomes of one that nobody begins. */
export function droppedNotice(reason: string): NoticeOutcome {
  return { status: "dropped", exitCode: undefined, durationMs: 0, reason };
}
