// What doctor says of one thing: what it found, whether that will do, and what to do about it. Pure data.

import type { FailureCode } from "../model/failure.ts";

/** `ok` will do; `note` is to be known; `warn` makes aod see or keep less; `bad` keeps it from working. */
export type Verdict = "ok" | "note" | "warn" | "bad";

export interface Finding {
  /** What was looked at, a word or two. */
  readonly subject: string;
  readonly verdict: Verdict;
  /** What was found. */
  readonly found: string;
  /** What to do about it; always there for `warn` and `bad`. */
  readonly todo?: string;
  /** For `bad`: what a start would fail with. */
  readonly code?: FailureCode;
}

export function ok(subject: string, found: string): Finding {
  return { subject, verdict: "ok", found };
}

export function note(subject: string, found: string): Finding {
  return { subject, verdict: "note", found };
}

export function warn(subject: string, found: string, todo: string): Finding {
  return { subject, verdict: "warn", found, todo };
}

export function bad(subject: string, found: string, todo: string, code: FailureCode): Finding {
  return { subject, verdict: "bad", found, todo, code };
}
