// The descendants of a process, in any process group or session: finds them and ends them. They are read from
// /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN, which every distribution has); a kernel without it shows none.

import { readdirSync, readFileSync } from "node:fs";
import { libc, WNOHANG } from "./libc.ts";

const PR_SET_CHILD_SUBREAPER = 36;
/** More than a service may have: TasksMax of the unit. A larger tree is ended from the top, sweep by sweep. */
const TREE_MAX = 4096;
/** Each round finds the processes that were forked during the round before; a stopped process does not fork. */
const ROUNDS_MAX = 16;

/**
 * Makes this process the parent of every descendant that loses its own parent, so that detached processes stay within
 * reach. This holds for the whole process and its life; false if a sandbox forbids it.
 */
export function adoptOrphans(): boolean {
  return libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) === 0;
}

/**
 * Descendants that lost their parents: the kernel hands them to the first thread, while Bun's children stay with
 * theirs.
 */
export function adoptedChildren(): readonly number[] {
  return childrenOfThread(process.pid, process.pid);
}

/** All descendants of a process, parents first, at most TREE_MAX. */
export function descendantsOf(pid: number): readonly number[] {
  const found = new Set<number>();
  const pending = [pid];
  for (let next = pending.pop(); next !== undefined && found.size < TREE_MAX; next = pending.pop()) {
    for (const child of childrenOf(next)) {
      if (found.has(child)) continue;
      found.add(child);
      pending.push(child);
    }
  }
  return [...found];
}

/**
 * Ends a process, its descendants, and the process group that it leads, because a child whose own parent has ended is
 * no descendant any more. All are stopped first, so that none escapes by a fork. Throws EPERM if one of them may not be
 * killed, after the others were ended.
 */
export function killTree(pid: number): void {
  const found = new Set<number>();
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const fresh = [pid, -pid, ...descendantsOf(pid)].filter((one) => !found.has(one));
    if (fresh.length === 0) break;
    for (const one of fresh) {
      found.add(one);
      signal(one, "SIGSTOP");
    }
  }
  const refused = [...found].map((one) => signal(one, "SIGKILL")).find((error) => error !== undefined);
  if (refused !== undefined) throw refused;
}

/** Collects a child of this process that has ended, so that no zombie remains. False while it runs. */
export function collectChild(pid: number): boolean {
  return libc.waitpid(pid, new Int32Array(1), WNOHANG) !== 0;
}

// --- internal ---

/**
 * @param pid negative for a process group.
 * @returns EPERM for the caller: the process belongs to another user, like tcpdump, and a sandbox withholds CAP_KILL.
 */
function signal(pid: number, name: NodeJS.Signals): Error | undefined {
  try {
    process.kill(pid, name);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return undefined;
    if (code === "EPERM") return error as Error;
    throw error;
  }
}

function childrenOf(pid: number): readonly number[] {
  return readTasks(pid).flatMap((taskId) => childrenOfThread(pid, taskId));
}

function readTasks(pid: number): readonly number[] {
  return orNothing(() => readdirSync(`/proc/${pid}/task`).map(Number)) ?? [];
}

function childrenOfThread(pid: number, taskId: number): readonly number[] {
  const text = orNothing(() => readFileSync(`/proc/${pid}/task/${taskId}/children`, "utf8")) ?? "";
  return text.split(" ").filter(Boolean).map(Number);
}

/** Undefined if the process has ended meanwhile, or may not be read. */
function orNothing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(code)) throw error;
    return undefined;
  }
}
