// One operation that is followed while it waits, and when it is to be asked about next. Pure.

import type { Block } from "../model/cifs.ts";
import type { Operation } from "../model/operation.ts";
import type { Ledger } from "./ledger.ts";
import { blockedLimitOf, CHECK_AFTER_NS } from "./limits.ts";
import type { RuleWindow } from "./rule-window.ts";

/** How often the end of a hanging operation is looked for: no event reports it. */
export const END_WITHIN_NS = 1e9;
/** A task that did not wait is checked again when its age has grown by half, and not sooner than this. */
export const AGAIN_NS = 1e9;

export interface WaitingOperation {
  readonly operation: Operation;
  readonly startNs: number;
  /** Place of its line; undefined for one that waited before aod was there. */
  readonly at: number | undefined;
  readonly hangsIn: (RuleWindow | undefined)[];
  /** Since when it waits, as far as it is known; undefined where it was seen not to, ns. */
  sinceNs: number | undefined;
  checkNs: number;
  /** Its share is to be named by a reading under way. */
  isHeld: boolean;
  /** Times in a row that its task did not wait for cifs. */
  strayed: number;
  foundIn: number;
  /** Where it slept when it was checked last, if it did not wait for a server then. */
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
    hangsIn: [],
    sinceNs: startNs,
    checkNs: startNs,
    isHeld: false,
    strayed: 0,
    foundIn: 0,
    block: undefined,
    blockedSinceNs: startNs,
  };
}

/** How long it need not be asked about: until it is due, then until its age has doubled. */
export function pauseOf(
  { at, hangsIn, startNs, sinceNs = startNs, block }: WaitingOperation,
  { limits }: Ledger,
  nowNs: number,
): number {
  // Of the end of one without a line only its task tells.
  if (at === undefined && hangsIn.length > 0) return END_WITHIN_NS;
  const ageNs = nowNs - sinceNs;
  const limitNs = block === undefined ? limits.waitingNs : blockedLimitOf(limits.waitingNs);
  return ageNs < limitNs ? Math.min(limitNs - ageNs, CHECK_AFTER_NS) : Math.max(ageNs, AGAIN_NS);
}
