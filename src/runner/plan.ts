// The input and the result of planning an action. Types only.

import type { Permits } from "../model/sandbox.ts";

/** The questions about the machine that a plan may ask before a program is run. */
export interface Host {
  /** The type of the network file system that a path is on, symbolic links resolved; undefined for a local one. */
  networkFileSystem(path: string): string | undefined;
  /** For local paths only: on another file system the call may never return. */
  exists(path: string): boolean;
  /** The target of the link /proc/PID/ns/net; undefined for a process that has ended or that aod may not inspect. */
  networkNamespace(pid: number | "self"): string | undefined;
  /** The permissions that aod's programs have. */
  readonly permits: Permits;
}

export type Plan =
  | { readonly args: readonly string[] }
  /** The program prints these files. A file that several actions of a capture show is read once. */
  | { readonly files: readonly string[] }
  /** Several runs, one after the other, each below its heading. */
  | {
      readonly runs: readonly Run[];
      /** The parts that are left out, and why. */
      readonly without?: string;
    }
  /** The action can't run: why. */
  | { readonly missing: string };

export interface Run {
  readonly heading: string;
  readonly program: string;
  readonly args: readonly string[];
  /** A pause before the run. */
  readonly afterMs: number;
}
