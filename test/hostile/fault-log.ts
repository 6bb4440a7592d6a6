// Records the faults that hostile tests provoked, one JSON line each in build/reliability/faults.jsonl, from which
// scripts/gen-reliability.ts makes the table of docs/reliability.md. It must not judge.

import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../helpers/program.ts";

/** `make test-hostile` empties it first; of a fault that is recorded twice, the last record counts. */
export const FAULTS_FILE = join(ROOT, "build/reliability/faults.jsonl");

/** One fault that a hostile test has provoked. Texts go into a table of Markdown: one short sentence, no full stop. */
export interface Fault {
  /** The fault, in the reader's words: `an unprivileged user opens 20,000 connections to the metrics port`. */
  readonly fault: string;
  /** The reaction of aod: `closes the excess, counts it, reports it in status`. */
  readonly reaction: string;
  /** Counts of losses, each by a noun in the plural: `{ "connections refused": 19900 }`; empty or zeros for nothing. */
  readonly lost: Readonly<Record<string, number>>;
  /** ms from the end of the fault, or from its beginning if it lasts, until aod detected and captured again. */
  readonly normalAfterMs: number;
}

/** Appends the fault. Call it last in a test, when everything has been asserted. */
export function recordFault(fault: Fault): void {
  mkdirSync(dirname(FAULTS_FILE), { recursive: true });
  appendFileSync(FAULTS_FILE, `${JSON.stringify(fault)}\n`);
}
