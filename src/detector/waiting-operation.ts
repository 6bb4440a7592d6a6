// One operation that is followed while it waits, and when it is due for its next check. Pure.

import type { Block } from "../model/cifs.ts";
import type { Operation } from "../model/operation.ts";
import { HangMarks } from "./hang-marks.ts";
import type { Ledger } from "./ledger.ts";
import { blockedLimitOf, CHECK_AFTER_NS } from "./limits.ts";

/** How often a hanging operation is checked for its end, which no event reports. */
export const END_WITHIN_NS = 1e9;
/** A task that did not wait is checked again when its age has grown by half, and not sooner than this. */
export const AGAIN_NS = 1e9;

export interface WaitingOperation {
  readonly operation: Operation;
  readonly startNs: number;
  /**
   * Byte offset of its line; undefined for a task without one, such as one that has waited since before aod started.
   */
  readonly at: number | undefined;
  /** The rule windows in which it hangs. */
  readonly hangs: HangMarks;
  /** When its wait began, as far as known, ns; undefined if it was seen not waiting. */
  sinceNs: number | undefined;
  checkNs: number;
  /** A DebugData reading in progress may name its share. */
  isHeld: boolean;
  /** Checks in a row at which its task did not wait in cifs. */
  strayed: number;
  foundIn: number;
  /** Where it slept at the last check, if it did not wait for a server then. */
  block: Block | undefined;
  /** When it was first seen in that sleep, ns. */
  blockedSinceNs: number;
}

export function aWaitingOperation(
  operation: Operation,
  at: number | undefined,
  startNs: number,
): WaitingOperation {
  return {
    operation,
    startNs,
    at,
    hangs: new HangMarks(),
    sinceNs: startNs,
    checkNs: startNs,
    isHeld: false,
    strayed: 0,
    foundIn: 0,
    block: undefined,
    blockedSinceNs: startNs,
  };
}

/** The time to its next check, ns: until it reaches the limit, then until its age has doubled. */
export function pauseOf(
  { at, hangs, startNs, sinceNs = startNs, block }: WaitingOperation,
  { limits }: Ledger,
  nowNs: number,
): number {
  // Without a line, only the task shows the end.
  if (at === undefined && hangs.isHanging) return END_WITHIN_NS;
  const ageNs = nowNs - sinceNs;
  const limitNs = block === undefined ? limits.waitingNs : blockedLimitOf(limits.waitingNs);
  return ageNs < limitNs ? Math.min(limitNs - ageNs, CHECK_AFTER_NS) : Math.max(ageNs, AGAIN_NS);
}
