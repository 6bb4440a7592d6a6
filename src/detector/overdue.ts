// Requests in flight that are older than some limit, with what each rule has made of them, so that each counts once.
// Pure and bounded.
//
// An entry lives while its line is open, or without a line after an eviction (`followed`). When a scan no longer finds
// the line, the record of its end may still be on its way. The entry stays for FORGET_AFTER_NS more, so that a request
// that was found overdue does not count again when it is complete.

import type { Request } from "../model/request.ts";
import { SETTLED_AFTER_NS } from "../table/walk-open.ts";
import { HangMarks } from "./hang-marks.ts";

/** Most entries with a line: a quarter of the table. Requests beyond it count when they are complete. */
export const OVERDUE_MAX = 16_384;
/** Most entries without a line; beyond it the oldest is dropped. */
export const FOLLOWED_MAX = 1024;
/**
 * BPF programs send the record within microseconds of storing the end of a request. The rest is for machines that
 * stall.
 */
export const FORGET_AFTER_NS = 1e9;

/** What a rule has made of a request: bits of an entry's `marks`. */
export const COUNTED = 1;
/** Reported as hung or as an emergency. */
export const REPORTED = 2;

export interface Overdue {
  readonly request: Request;
  readonly startNs: number;
  /** Byte offset of its line in the table; undefined while it is followed without one. */
  at: number | undefined;
  /** By rule index; the parts of a compound share them. */
  marks: Uint8Array;
  /** The rule windows in which it hangs. */
  readonly hangs: HangMarks;
  /** When it next reaches a rule's slow limit, and a rule's emergency limit, ns; Infinity: never again. */
  slowDueNs: number;
  emergencyDueNs: number;
  /** When its next liveness check is due, ns; a rule's emergency limit makes it due earlier. */
  checkNs: number;
  /** When it was last checked, ns. Before the first check: when the client certainly had it on its list. */
  checkedNs: number;
  /** It was not found alive: there is no check before `checkNs`, whatever limit it reaches. */
  onHold: boolean;
  /** It must be checked again as soon as DebugData has been read. */
  isStale: boolean;
  /** Until when it waits for its share's name, ns; 0 if it does not. */
  heldUntilNs: number;
  /** The number of the last scan that found it. */
  foundIn: number;
  /** When a scan first missed its line, ns. */
  goneNs: number | undefined;
}

export class OverdueRequests {
  readonly #byIdentity = new Map<string, Overdue>();
  readonly #byLine = new Map<number, Overdue>();
  #followed = 0;

  /** Entries without a line. */
  get followed(): number {
    return this.#followed;
  }

  [Symbol.iterator](): IterableIterator<Overdue> {
    return this.#byIdentity.values();
  }

  /** The entry of the request that has this line now. */
  atLine(at: number, startNs: number): Overdue | undefined {
    const entry = this.#byLine.get(at);
    return entry?.startNs === startNs ? entry : undefined;
  }

  /** Adds a request with a line; undefined if there are too many. */
  add(request: Request, at: number, checkNs: number, marks: Uint8Array): Overdue | undefined {
    if (this.#byIdentity.size - this.#followed >= OVERDUE_MAX) return undefined;
    const entry = anEntry(request, at, checkNs, marks);
    this.#byIdentity.set(identityOf(request), entry);
    this.#byLine.set(at, entry);
    return entry;
  }

  /** Follows a request that lost its line. @returns whether another one had to be dropped for it. */
  follow(request: Request, checkNs: number, marks: Uint8Array): boolean {
    const known = this.#byIdentity.get(identityOf(request));
    if (known === undefined) {
      this.#byIdentity.set(identityOf(request), anEntry(request, undefined, checkNs, marks));
    } else {
      if (known.at === undefined) return false;
      this.#byLine.delete(known.at);
      known.at = undefined;
      known.goneNs = undefined;
    }
    this.#followed += 1;
    return this.#followed > FOLLOWED_MAX && this.#dropOldestFollowed();
  }

  /** Removes the entry of a completed request and returns it. */
  take(request: Request): Overdue | undefined {
    // Usually there are no entries, and making the key would be wasted.
    if (this.#byIdentity.size === 0) return undefined;
    const entry = this.#byIdentity.get(identityOf(request));
    if (entry !== undefined) this.drop(entry);
    return entry;
  }

  drop(entry: Overdue): void {
    this.#byIdentity.delete(identityOf(entry.request));
    if (entry.at === undefined) this.#followed -= 1;
    else if (this.#byLine.get(entry.at) === entry) this.#byLine.delete(entry.at);
  }

  /** Removes entries whose line no scan has found for FORGET_AFTER_NS. @returns them. */
  sweep(scanNumber: number, nowNs: number): readonly Overdue[] {
    const forgotten: Overdue[] = [];
    for (const entry of this.#byIdentity.values()) {
      if (entry.at === undefined || entry.foundIn === scanNumber) continue;
      entry.goneNs ??= nowNs;
      if (nowNs - entry.goneNs < FORGET_AFTER_NS) continue;
      this.drop(entry);
      forgotten.push(entry);
    }
    return forgotten;
  }

  /** DebugData has been read: entries that waited for it are due now. */
  resume(nowNs: number): void {
    for (const entry of this.#byIdentity.values()) {
      entry.heldUntilNs = 0;
      if (entry.isStale) entry.checkNs = nowNs;
      entry.isStale = false;
    }
  }

  /** Converts the marks to the indices of other rules. */
  remap(remapped: (marks: Uint8Array) => Uint8Array): void {
    for (const entry of this.#byIdentity.values()) {
      entry.marks = remapped(entry.marks);
      entry.slowDueNs = 0;
      entry.emergencyDueNs = 0;
    }
  }

  // --- internal ---

  #dropOldestFollowed(): boolean {
    for (const entry of this.#byIdentity.values()) {
      if (entry.at !== undefined) continue;
      this.drop(entry);
      return true;
    }
    return false;
  }
}

/** Start and message id: unique for a request, and the same in its line and its records. */
export function identityOf({ startNs, messageId }: Request): string {
  return `${startNs}/${messageId}`;
}

/** When it may next count, ns; the scan for it may be a little late. */
export function slowDueOf({ slowDueNs, heldUntilNs }: Overdue): number {
  return Math.max(slowDueNs, heldUntilNs);
}

/** When it may next hang or is due for a check, ns; the scan for it must not be late. */
export function exactDueOf({ emergencyDueNs, checkNs, heldUntilNs }: Overdue): number {
  return Math.max(heldUntilNs, Math.min(emergencyDueNs, checkNs));
}

function anEntry(request: Request, at: number | undefined, checkNs: number, marks: Uint8Array): Overdue {
  const startNs = Number(request.startNs);
  return {
    request,
    startNs,
    at,
    marks,
    hangs: new HangMarks(),
    slowDueNs: 0,
    emergencyDueNs: 0,
    checkNs,
    checkedNs: startNs + SETTLED_AFTER_NS,
    onHold: false,
    isStale: false,
    heldUntilNs: 0,
    foundIn: 0,
    goneNs: undefined,
  };
}
