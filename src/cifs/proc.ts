// Reads the few files of /proc that show what the tasks in cifs are doing and which processes use SMB shares. None of
// these reads waits for a lock that a hung mount holds: wchan, stack, status, comm and cgroup take no lock that is held
// over a wait, and mountinfo takes that of the namespace, which no task holds while it waits for a server. Expected
// absences are values; other files interpret the texts.

import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { type Block, isWaitInCifs } from "../model/cifs.ts";
import { countExhaustion, type Exhausted, exhaustionOf, unlessExhausted } from "../model/exhaustion.ts";
import { blockOf, innermostFunction, judgeWchan, RUNS, UNNAMED_SLEEP } from "./wchan.ts";

/**
 * The SMB client's own lists. 4 MiB hold 40,000 requests in flight at about 100 bytes a line. Printing them takes locks
 * of cifs that a client in trouble may hold for ever, so only disposable children may read them.
 */
export const DEBUG_DATA = { path: "/proc/fs/cifs/DebugData", maxBytes: 4 << 20 } as const;

const WCHAN_MAX_BYTES = 128;
/** A stack has at most 64 entries: fs/proc/base.c MAX_STACK_TRACE_DEPTH. */
const STACK_MAX_BYTES = 8 << 10;
const COMM_MAX_BYTES = 64;
const STATUS_MAX_BYTES = 4 << 10;
const STAT_MAX_BYTES = 4 << 10;
const TASKS_MAX = 4096;
const CGROUP_MAX_BYTES = 16 << 10;
const MOUNTINFO_MAX_BYTES = 1 << 20;

interface ProcText {
  readonly text: string;
  /** Whether the file has more than was read. */
  readonly truncated: boolean;
}

/**
 * The kernel function in which a task waits: one of UNNAMED_SLEEP if the function is unknown, RUNS if the task runs,
 * undefined if it has exited.
 * @param taskId a thread id in the pid namespace of /proc.
 */
export function readWchan(taskId: number, proc = "/proc"): string | undefined {
  const wchan = readWchanFile(taskId, proc);
  if (wchan !== RUNS) return wchan;
  const state = readState(taskId, proc);
  if (state !== "D" && state !== "S") return wchan;
  // The task may just have begun to wait.
  const again = readWchanFile(taskId, proc);
  if (again !== RUNS) return again;
  return innermostFunction(readStack(taskId, proc) ?? "") ?? UNNAMED_SLEEP[state];
}

/**
 * The uninterruptible sleep of a task that has entered cifs and does not wait for a server; undefined if there is none.
 */
export function readBlock(taskId: number, proc = "/proc"): Block | undefined {
  const status = textOf(readCapped(`${proc}/${taskId}/status`, STATUS_MAX_BYTES));
  if (status === undefined) return undefined;
  return blockOf(status, readWchan(taskId, proc), readStack(taskId, proc));
}

/** Whether a task waits where cifs makes tasks wait: for a reply, for credits, for a connection. */
export function isWaitingForCifs(taskId: number): boolean {
  return judgeWchan(readWchan(taskId)) === "reply";
}

/**
 * As isWaitingForCifs, for a task that has entered cifs: there, an uninterruptible sleep in an unknown function counts,
 * too.
 */
export function isWaitingInCifs(taskId: number): boolean {
  return isWaitInCifs(judgeWchan(readWchan(taskId)));
}

/**
 * References to the kernel module cifs, including those of aod's own links; undefined if it is not loaded or is built
 * into the kernel.
 */
export function readModuleReferences(path = "/sys/module/cifs/refcnt"): number | undefined | Exhausted {
  return unlessExhausted(() => {
    try {
      return Number(readFileSync(path, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  });
}

/**
 * Whether this /proc shows all tasks, with the numbers that the kernel uses. In a separate pid namespace (a container)
 * it does not: a task that is not shown may be alive all the same.
 */
export function showsAllTasks(proc = "/proc"): boolean {
  // The initial pid namespace: PROC_PID_INIT_INO, include/linux/proc_ns.h.
  return readlinkSync(`${proc}/self/ns/pid`) === `pid:[${0xeffffffc}]`;
}

/**
 * The kernel stack of a task, one function a line, innermost first; "refused" without CAP_SYS_ADMIN, undefined if the
 * task has exited.
 */
export function readStack(taskId: number, proc = "/proc"): string | undefined {
  const result = readCapped(`${proc}/${taskId}/stack`, STACK_MAX_BYTES);
  if (result === "absent") return undefined;
  return result === "refused" ? "refused" : result.text;
}

/** The name (comm) of a process or thread; undefined if it has exited. */
export function readProcessName(pid: number, proc = "/proc"): string | undefined {
  return textOf(readCapped(`${proc}/${pid}/comm`, COMM_MAX_BYTES))?.trimEnd();
}

/** include/linux/sched.h, the same in every kernel since 2.6. */
const PF_KTHREAD = 0x0020_0000;

/**
 * Whether a task is a kernel thread, which a program can imitate only by name; undefined if the task has exited. Read
 * from stat(5) field 9, flags. The name in field 2 may contain anything, even ") R 1", so fields are counted from the
 * last parenthesis.
 */
export function isKernelThread(taskId: number, proc = "/proc"): boolean | undefined {
  const stat = textOf(readCapped(`${proc}/${taskId}/stat`, STAT_MAX_BYTES));
  const flags = stat
    ?.slice(stat.lastIndexOf(")") + 1)
    .trim()
    .split(" ")[6];
  return flags === undefined ? undefined : (Number(flags) & PF_KTHREAD) !== 0;
}

/** The control groups of a process; undefined if it has exited or may not be read. */
export function readCgroup(pid: number, proc = "/proc"): string | undefined {
  return textOf(readCapped(`${proc}/${pid}/cgroup`, CGROUP_MAX_BYTES));
}

/** The network namespace of a process, as `net:[4026531840]`; undefined if it has exited or may not be read. */
export function readNetworkNamespace(pid: number | "self", proc = "/proc"): string | undefined {
  try {
    return readlinkSync(`${proc}/${pid}/ns/net`);
  } catch (error) {
    expectedOf(error);
    return undefined;
  }
}

/** The first 1 MiB of the mounts that a process sees; undefined if it has exited or may not be read. */
export function readMountinfo(pid: number | "self", proc = "/proc"): string | undefined {
  return textOf(readCapped(`${proc}/${pid}/mountinfo`, MOUNTINFO_MAX_BYTES));
}

/**
 * The host's mounts as process 1 sees them: in a sandbox, aod's own list lacks those that ProtectHome= and similar
 * options hide. Falls back to aod's own list if process 1 may not be read (hidepid=).
 */
export function readHostMountinfo(proc = "/proc"): string | undefined {
  return readMountinfo(1, proc) ?? readMountinfo("self", proc);
}

/** A thread as its status file describes it; undefined if it has exited. */
export function readTask(
  taskId: number,
  proc = "/proc",
): { readonly taskId: number; readonly processId: number; readonly comm: string } | undefined {
  const status = textOf(readCapped(`${proc}/${taskId}/status`, STATUS_MAX_BYTES));
  if (status === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name}:\\t(.*)$`, "m").exec(status)?.[1] ?? "";
  return { taskId, processId: Number(field("Tgid")), comm: field("Name") };
}

/** The first TASKS_MAX threads of all processes for which `isSuch` holds. */
export function findTasks(isSuch: (taskId: number) => boolean, proc = "/proc") {
  const processes = numbersIn(proc);
  const tasks = processes.flatMap((pid) => numbersIn(`${proc}/${pid}/task`)).filter(isSuch);
  return tasks.slice(0, TASKS_MAX).flatMap((taskId) => readTask(taskId, proc) ?? []);
}

// --- internal ---

function readWchanFile(taskId: number, proc: string): string | undefined {
  const result = readCapped(`${proc}/${taskId}/wchan`, WCHAN_MAX_BYTES);
  if (result === "absent") return undefined;
  return result === "refused" ? RUNS : result.text;
}

/** The state of a task: R, S, D …, proc_pid_status(5); undefined if it has exited. */
function readState(taskId: number, proc: string): string | undefined {
  const status = textOf(readCapped(`${proc}/${taskId}/status`, STATUS_MAX_BYTES)) ?? "";
  return /^State:\t(\w)/m.exec(status)?.[1];
}

function numbersIn(folder: string): readonly number[] {
  try {
    const numbers = readdirSync(folder).map(Number).filter(Number.isInteger);
    return numbers.sort((a, b) => a - b);
  } catch (error) {
    // The process has exited meanwhile.
    expectedOf(error);
    return [];
  }
}

function textOf(result: ReturnType<typeof readCapped>): string | undefined {
  return typeof result === "string" ? undefined : result.text;
}

/**
 * Expected reasons why a file of /proc can't be read; any other is a broken assumption. A file that could not be opened
 * because a resource is exhausted counts as refused.
 */
const EXPECTED: Readonly<Record<string, "absent" | "refused">> = {
  ENOENT: "absent",
  ENOTDIR: "absent",
  ESRCH: "absent",
  // mountinfo of a process that is exiting: fs/proc_namespace.c mounts_open_common
  EINVAL: "absent",
  EACCES: "refused",
  EPERM: "refused",
};

function readCapped(path: string, maxBytes: number): ProcText | "absent" | "refused" {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return readAll(fd, maxBytes);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return expectedOf(error);
  }
}

/** Classifies an expected error; rethrows any other. */
function expectedOf(error: unknown): "absent" | "refused" {
  const exhausted = exhaustionOf(error);
  if (exhausted !== undefined) countExhaustion(exhausted);
  const expected =
    exhausted === undefined ? EXPECTED[(error as NodeJS.ErrnoException).code ?? ""] : "refused";
  if (expected === undefined) throw error;
  return expected;
}

function readAll(fd: number, maxBytes: number): ProcText {
  const chunks: Buffer[] = [];
  let bytes = 0;
  while (bytes <= maxBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(64 << 10, maxBytes + 1 - bytes));
    const got = readSync(fd, chunk);
    if (got === 0) break;
    chunks.push(chunk.subarray(0, got));
    bytes += got;
  }
  const text = Buffer.concat(chunks).toString("utf8", 0, Math.min(bytes, maxBytes));
  return { text, truncated: bytes > maxBytes };
}
