// A control group of its own for a daemon under test, with a limit, so that even root is refused processes and memory.
// It works with both versions of control groups, and is removed when the test file is done.

import { afterAll } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MOUNT = "/sys/fs/cgroup";

/** Undefined if this host does not allow to make one. */
export function makeControlGroup(controller: "pids" | "memory"): string | undefined {
  const isSecondVersion = existsSync(join(MOUNT, "cgroup.controllers"));
  const parent = isSecondVersion ? MOUNT : join(MOUNT, controller);
  const group = join(parent, `aod-test-${process.pid}-${controller}`);
  try {
    if (isSecondVersion) writeFileSync(join(MOUNT, "cgroup.subtree_control"), `+${controller}`);
    mkdirSync(group);
    if (!existsSync(join(group, controller === "pids" ? "pids.max" : "cgroup.procs")))
      throw new Error("no controller");
  } catch {
    return undefined;
  }
  afterAll(() => {
    if (existsSync(group)) rmdirSync(group);
  });
  return group;
}

/** Moves a process with all its threads. */
export function joinControlGroup(group: string, pid: number): void {
  writeFileSync(join(group, "cgroup.procs"), `${pid}`);
}

/** The limit of processes and threads; "max" for none. */
export function limitProcesses(group: string, most: number | "max"): void {
  writeFileSync(join(group, "pids.max"), `${most}`);
}

export function countProcesses(group: string): number {
  return Number(readFileSync(join(group, "pids.current"), "utf8"));
}
