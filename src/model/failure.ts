// Failures that can't be handled where they happen: one class with a closed set of codes, and its form as plain data
// for other threads. Expected outcomes (a missing tool, a kernel that lacks a feature) are values and do not belong
// here.

import { type Exhaustion, exhaustionOf } from "./exhaustion.ts";

export type FailureCode =
  | "USAGE"
  | "CONFIG_INVALID"
  | "CONFIG_MISSING"
  | "NOT_FOUND"
  | "NOT_PERMITTED"
  | "OUTPUT_UNUSABLE"
  | "ALREADY_RUNNING"
  | "NO_DAEMON"
  | "LIBRARY_REFUSED"
  | "BPF_UNSUPPORTED"
  | "BPF_LOAD"
  | "BPF_ATTACH"
  | "RING_POLL"
  | "RECORD_SIZE"
  | "DISK_FULL"
  | "CAPTURE_WRITE"
  | "CAPTURE_DAMAGED"
  | "SYSCALL"
  | "THREAD_LOST"
  | "BUG";

/** Figures and names that belong to a failure; only what survives `postMessage`. */
export type FailureContext = Readonly<Record<string, string | number | boolean>>;

/** A broken assumption. The message names the attempt, its object and the errno. */
export class AodError extends Error {
  readonly code: FailureCode;
  readonly context: FailureContext;

  constructor(code: FailureCode, message: string, context: FailureContext = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "AodError";
    this.code = code;
    this.context = context;
  }
}

/** A failure as plain data: classes, codes and causes of errors do not survive `postMessage`. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly context: FailureContext;
  readonly stack: string | undefined;
  /** Messages of the chain of causes, nearest first. */
  readonly causes: readonly string[];
  /** The exhausted resource, if it caused the failure. */
  readonly exhausted?: Exhaustion | undefined;
}

/** Converts any thrown value to plain data; a value that is not an AodError becomes a BUG. */
export function toFailure(thrown: unknown): Failure {
  const causes: string[] = [];
  for (let cause = causeOf(thrown); cause !== undefined && causes.length < 8; cause = causeOf(cause)) {
    causes.push(messageOf(cause));
  }
  return {
    code: thrown instanceof AodError ? thrown.code : "BUG",
    message: messageOf(thrown),
    context: thrown instanceof AodError ? thrown.context : {},
    stack: thrown instanceof Error ? thrown.stack : undefined,
    causes,
    exhausted: exhaustionOf(thrown),
  };
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error ? thrown.cause : undefined;
}
