// Finds tasks that wait and can't be killed, among the threads of a daemon and the programs that it has started. It
// reads only files of /proc that can't block.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

/** Longer than the disk of an emulated machine needs to write a capture. */
const LOOK_EVERY_MS = 1_000;

interface Task {
  readonly taskId: number;
  readonly parentId: number;
  readonly comm: string;
  /** One letter; a task in D waits where no signal, or only SIGKILL, reaches it. */
  readonly state: string;
}

interface Looks {
  readonly count: number;
  /** Threads of the daemon that were in D in two readings in a row, and the function in which they waited. */
  readonly stuckThreads: readonly string[];
  /** Programs of the daemon in D, for each reading. */
  readonly hangingPrograms: readonly number[];
}

/** Descendants of a process that are in D now. */
export function hangingPrograms(pid: number): readonly Task[] {
  const tasks = numbersIn("/proc").flatMap((id) => readTask(`/proc/${id}/stat`) ?? []);
  const family = new Set([pid]);
  // A parent may have a higher number than its child.
  for (let known = 0; known < family.size; ) {
    known = family.size;
    for (const { taskId, parentId } of tasks) if (family.has(parentId)) family.add(taskId);
  }
  return tasks.filter(({ taskId, state }) => taskId !== pid && family.has(taskId) && state === "D");
}

/** Whether it still exists and is in D, whatever its parent is by now. */
export function hangs(taskId: number): boolean {
  return readTask(`/proc/${taskId}/stat`)?.state === "D";
}

/** Watches a daemon repeatedly. @returns a function that ends that. */
export function watchTasks(pid: number): () => Looks {
  let count = 0;
  let hung = new Set<number>();
  const stuckThreads: string[] = [];
  const hanging: number[] = [];
  const look = () => {
    count += 1;
    const waiting = threadsOf(pid).filter(({ state }) => state === "D");
    for (const { taskId, comm } of waiting) {
      if (hung.has(taskId)) stuckThreads.push(`${comm} in ${readText(`/proc/${taskId}/wchan`)}`);
    }
    hung = new Set(waiting.map(({ taskId }) => taskId));
    hanging.push(hangingPrograms(pid).length);
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  // A scenario that fails before its end must not keep the machine running.
  timer.unref();
  return () => {
    clearInterval(timer);
    return { count, stuckThreads, hangingPrograms: hanging };
  };
}

function threadsOf(pid: number): readonly Task[] {
  return numbersIn(`/proc/${pid}/task`).flatMap((id) => readTask(`/proc/${pid}/task/${id}/stat`) ?? []);
}

function readTask(path: string): Task | undefined {
  // The name may have blanks and brackets in it.
  const found = /^(\d+) \((.*)\) (\w) (\d+) /s.exec(readText(path) ?? "");
  if (found === null) return undefined;
  const [, taskId, comm = "", state = "", parentId] = found;
  return { taskId: Number(taskId), comm, state, parentId: Number(parentId) };
}

function numbersIn(folder: string): readonly number[] {
  return (unlessGone(() => readdirSync(folder)) ?? []).map(Number).filter((number) => number > 0);
}

function readText(path: string): string | undefined {
  return unlessGone(() => readFileSync(path, "utf8"));
}

/** Undefined if the process has ended since it was listed. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? ""), String(error));
    return undefined;
  }
}
