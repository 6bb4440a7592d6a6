// Requests in flight that are older than some limit: what each rule has made of them already, so that each counts once.
// In: lines found by a look at the table, records of their end or eviction; out: entries. Pure, and bounded.
//
// An entry lives while its line is open, or without a line after an eviction (`followed`). When a look no longer finds
// the line, the record of its end may still be on its way: the entry is kept for FORGET_AFTER_NS more, so that a
// request that was found overdue does not count again when it is complete.

import type { Request } from "../model/request.ts";
import { SETTLED_AFTER_NS } from "../table/walk-open.ts";
import type { RuleWindow } from "./rule-window.ts";

/** Most entries with a line: a quarter of the table. Requests beyond it count when they are complete. */
export const OVERDUE_MAX = 16_384;
/** Most entries without a line; the oldest goes. */
export const FOLLOWED_MAX = 1024;
/** Programs store the end of a request and send its record within microseconds; this is for machines that stall. */
export const FORGET_AFTER_NS = 1e9;

/** What a rule has made of a request: bits of an entry's `marks`. */
export const COUNTED = 1;
/** Said to be hung. */
export const REPORTED = 2;

export interface Overdue {
  readonly request: Request;
  readonly startNs: number;
  /** Place of its line in the table; undefined while it is followed without one. */
  at: number | undefined;
  /** By the rule's place in the configuration; the parts of a compound share them. */
  marks: Uint8Array;
  /** By the rule's place: where it was said to hang. */
  hangsIn: (RuleWindow | undefined)[];
  /** When it next reaches a rule's slow limit, and a rule's emergency limit, ns; Infinity: never again. */
  slowDueNs: number;
  emergencyDueNs: number;
  /** When to ask next whether somebody waits for it, ns; a rule's emergency limit is a reason to ask sooner. */
  checkNs: number;
  /** When that was asked last, ns; before the first time, when cifs surely had it on its list. */
  checkedNs: number;
  /** Was not found alive: nothing is asked before `checkNs`, whatever limit it reaches. */
  onHold: boolean;
  /** It could not be judged before DebugData is read: to be asked about again when that has been done. */
  isStale: boolean;
  /** Until when it waits for its share's name, ns; 0 where it does not. */
  heldUntilNs: number;
  /** Number of the look that found it last. */
  foundIn: number;
  /** Since when no look finds its line, ns. */
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

  /** A new entry with a line; undefined where there are too many. */
  add(request: Request, at: number, checkNs: number, marks: Uint8Array): Overdue | undefined {
    if (this.#byIdentity.size - this.#followed >= OVERDUE_MAX) return undefined;
    const entry = anEntry(request, at, checkNs, marks);
    this.#byIdentity.set(identityOf(request), entry);
    this.#byLine.set(at, entry);
    return entry;
  }

  /** It lost its line. True if another one is no longer followed for it. */
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

  /** Forgets a request that is complete, and gives back what was known of it. */
  take(request: Request): Overdue | undefined {
    // As a rule there is none: no key is made for it.
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

  /** After a look: forgets those whose line it did not find, in time. @returns those that it forgot. */
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

  /** DebugData has been read: entries that waited for it are due. */
  resume(nowNs: number): void {
    for (const entry of this.#byIdentity.values()) {
      entry.heldUntilNs = 0;
      if (entry.isStale) entry.checkNs = nowNs;
      entry.isStale = false;
    }
  }

  /** Gives the marks of each rule to its successor. */
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

/** Start and message id: unique for a request, the same in its line and in its records. */
export function identityOf({ startNs, messageId }: Request): string {
  return `${startNs}/${messageId}`;
}

/** When it may next count, ns: a look may be a little late. */
export function slowDueOf({ slowDueNs, heldUntilNs }: Overdue): number {
  return Math.max(slowDueNs, heldUntilNs);
}

/** When it may next hang or is to be asked about, ns: a look must not be late. */
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
    hangsIn: [],
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
