// The system calls of a daemon and its programs, by strace: a command that becomes the daemon, and afterwards the calls
// with their paths. Each thread has a file, so that no call is split.

import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Call {
  readonly name: string;
  /** Paths in the form of the arguments. */
  readonly asked: readonly string[];
  /** The folders and files of its descriptors, and the folder that a path is relative to. */
  readonly described: readonly string[];
  readonly line: string;
}

export interface Trace {
  /** The command that runs the daemon. */
  readonly prefix: readonly string[];
  calls(): readonly Call[];
}

/** @param options of strace: the calls to record. */
export function makeTrace(...options: string[]): Trace {
  const folder = mkdtempSync("/tmp/trace-");
  return {
    // -D: the tracer is the grandchild, so that the daemon keeps its pid, its parent and its exit code.
    prefix: [
      ...["strace", "-D", "-f", "-ff", "--seccomp-bpf", "-y", "-s", "4096"],
      ...["-o", join(folder, "calls"), ...options, "--"],
    ],
    calls: () =>
      readdirSync(folder).flatMap((file) =>
        readFileSync(join(folder, file), "utf8")
          .split("\n")
          .flatMap((line) => parseCall(line) ?? []),
      ),
  };
}

function parseCall(line: string): Call | undefined {
  const name = /^(\w+)\(/.exec(line)?.[1];
  if (name === undefined) return undefined;
  const quoted = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text ?? "");
  const described = [...line.matchAll(/<(\/[^<>]*)>/g)].map(([, path]) => path ?? "");
  // Arguments of a program and targets of links are not accesses.
  const asked = /^(execve|readlink)/.test(name) ? quoted.slice(0, 1) : quoted;
  return { name, asked, described, line };
}
