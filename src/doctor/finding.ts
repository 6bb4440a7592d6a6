// A finding of doctor: what it checked, what it found, how severe that is, and what to do about it. Pure data.

import type { FailureCode } from "../model/failure.ts";

/** `ok`: nothing to do; `note`: good to know; `warn`: aod sees or stores less; `bad`: aod cannot run. */
export type Severity = "ok" | "note" | "warn" | "bad";

export interface Finding {
  /** What was checked, in a word or two. */
  readonly subject: string;
  readonly severity: Severity;
  /** What was found. */
  readonly found: string;
  /** What to do about it; always present for `warn` and `bad`. */
  readonly todo?: string;
  /** For `bad`: the failure code of a start. */
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
