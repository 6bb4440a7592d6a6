// What an action is planned with, and what comes of it: for the table of actions, and for files that plan one. Types only.

import type { Permits } from "../model/sandbox.ts";

/** What an action may ask about the machine before anything is run. */
export interface Host {
  /** The type of the network file system that a path is on, symbolic links resolved; undefined for a local one. */
  networkFileSystem(path: string): string | undefined;
  /** Only to be asked of local paths: the answer about others may never come. */
  exists(path: string): boolean;
  /** As the link /proc/PID/ns/net says it; undefined for a process that is no more or may not be looked at. */
  networkNamespace(pid: number | "self"): string | undefined;
  /** What its programs may do. */
  readonly permits: Permits;
}

export type Plan =
  | { readonly args: readonly string[] }
  /** The program prints these; of those that several actions of a capture show, one reading serves all. */
  | { readonly files: readonly string[] }
  /** Several runs, one after the other, each below a line that says which it is. */
  | {
      readonly runs: readonly Run[];
      /** What is not among them, and why. */
      readonly without?: string;
    }
  | { readonly missing: string };

export interface Run {
  readonly heading: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Waits for so long before it. */
  readonly afterMs: number;
}
