// What doctor says of one thing: what it found, whether that will do, and what to do about it. Pure data.

import type { FailureCode } from "../model/failure.ts";

/** `ok` will do; `note` is to be known; `warn` makes aod see or keep less; `bad` keeps it from working. */
export type Severity = "ok" | "note" | "warn" | "bad";

export interface Finding {
  /** What was looked at, a word or two. */
  readonly subject: string;
  readonly severity: Severity;
  /** What was found. */
  readonly found: string;
  /** What to do about it; always there for `warn` and `bad`. */
  readonly todo?: string;
  /** For `bad`: what a start would fail with. */
  readonly code?: FailureCode;
}

export function ok(subject: string, found: string): Finding {
  return { subject, severity: "ok", found };
}

export function note(subject: string, found: string): Finding {
  return { subject, severity: "note", found };
}

export function warn(subject: string, found: string, todo: string): Finding {
  return { subject, severity: "warn", found, todo };
}

export function bad(subject: string, found: string, todo: string, code: FailureCode): Finding {
  return { subject, severity: "bad", found, todo, code };
}
