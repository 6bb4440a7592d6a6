// Reads the few files of /proc that say what the cifs client is at, and who its users are. None of them waits for a lock
// that a hung mount holds: DebugData takes spin locks only, wchan, stack, status, comm and cgroup none that is kept over a wait,
// mountinfo that of the namespace, which nobody keeps while waiting for a server. Expected absences are values; what the
// text means is for others.

import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { isWaitInCifs } from "../model/cifs.ts";
import { judgeWchan, placeOf, RUNS, UNNAMED_SLEEP } from "./wchan.ts";

/** Room for 40,000 requests in flight at about 100 bytes a line. */
const DEBUG_DATA_MAX_BYTES = 4 << 20;
const WCHAN_MAX_BYTES = 128;
/** 64 entries at most: fs/proc/base.c MAX_STACK_TRACE_DEPTH. */
const STACK_MAX_BYTES = 8 << 10;
const COMM_MAX_BYTES = 64;
const STATUS_MAX_BYTES = 4 << 10;
const TASKS_MAX = 4096;
const CGROUP_MAX_BYTES = 16 << 10;
const MOUNTINFO_MAX_BYTES = 1 << 20;

export interface ProcText {
  readonly text: string;
  /** There is more than was read. */
  readonly truncated: boolean;
}

/** Undefined where there is none (cifs is not loaded) or it may not be read. One snapshot, held by the kernel. */
export function readDebugData(path = "/proc/fs/cifs/DebugData"): ProcText | undefined {
  const result = readCapped(path, DEBUG_DATA_MAX_BYTES);
  return typeof result === "string" ? undefined : result;
}

/**
 * The kernel function in which a task waits, one of UNNAMED_SLEEP where nothing says in which, RUNS where it runs; undefined where
 * it is no more.
 * @param taskId of any thread, in the pid namespace of /proc.
 */
export function readWchan(taskId: number, proc = "/proc"): string | undefined {
  const wchan = readWchanFile(taskId, proc);
  if (wchan !== RUNS) return wchan;
  const state = readState(taskId, proc);
  if (state !== "D" && state !== "S") return wchan;
  // It may just have begun to wait.
  const again = readWchanFile(taskId, proc);
  if (again !== RUNS) return again;
  return placeOf(readStack(taskId, proc) ?? "") ?? UNNAMED_SLEEP[state];
}

/** Whether a task waits where cifs makes tasks wait: for a reply, for credits, for a connection. */
export function isWaitingForCifs(taskId: number): boolean {
  return judgeWchan(readWchan(taskId)) === "reply";
}

/** The same of a task that is inside cifs: there any wait that no signal ends may be taken for one, where nothing says more. */
export function isWaitingInCifs(taskId: number): boolean {
  return isWaitInCifs(judgeWchan(readWchan(taskId)));
}

/** Users of the kernel module cifs, our own links among them; undefined where it is not loaded, or is a part of the kernel. */
export function readModuleReferences(path = "/sys/module/cifs/refcnt"): number | undefined {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Whether this /proc shows all tasks by the numbers that the kernel has for them. In a pid namespace of one's own
 * (a container) it does not: who is not there may be alive all the same.
 */
export function showsAllTasks(proc = "/proc"): boolean {
  // PROC_PID_INIT_INO, include/linux/proc_ns.h: the first pid namespace.
  return readlinkSync(`${proc}/self/ns/pid`) === `pid:[${0xeffffffc}]`;
}

/**
 * Where a task is in the kernel, a line a function, innermost first; "refused" where we may not know (it takes
 * CAP_SYS_ADMIN), undefined where it is no more.
 */
export function readStack(taskId: number, proc = "/proc"): string | undefined {
  const result = readCapped(`${proc}/${taskId}/stack`, STACK_MAX_BYTES);
  if (result === "absent") return undefined;
  return result === "refused" ? "refused" : result.text;
}

/** A process's own name; undefined where it is no more. */
export function readComm(pid: number, proc = "/proc"): string | undefined {
  return textOf(readCapped(`${proc}/${pid}/comm`, COMM_MAX_BYTES))?.trimEnd();
}

/** Which control groups a process is in; undefined where it is no more or may not be read. */
export function readCgroup(pid: number, proc = "/proc"): string | undefined {
  return textOf(readCapped(`${proc}/${pid}/cgroup`, CGROUP_MAX_BYTES));
}

/** The network namespace that a process lives in: `net:[4026531840]`; undefined where it is no more or may not be seen. */
export function readNetworkNamespace(pid: number | "self", proc = "/proc"): string | undefined {
  try {
    return readlinkSync(`${proc}/${pid}/ns/net`);
  } catch (error) {
    if (EXPECTED[(error as NodeJS.ErrnoException).code ?? ""] === undefined) throw error;
    return undefined;
  }
}

/** The mounts as a process sees them, the first 1 MiB; undefined where it is no more or may not be read. */
export function readMountinfo(pid: number | "self", proc = "/proc"): string | undefined {
  return textOf(readCapped(`${proc}/${pid}/mountinfo`, MOUNTINFO_MAX_BYTES));
}

/**
 * The host's mounts, as its first process sees them: in a sandbox, aod's own lack what ProtectHome= and the like hide. Its
 * own where that process may not be looked at (hidepid=).
 */
export function readHostMountinfo(proc = "/proc"): string | undefined {
  return readMountinfo(1, proc) ?? readMountinfo("self", proc);
}

/** A thread as its status says it; undefined where it is no more. */
export function readTask(
  taskId: number,
  proc = "/proc",
): { readonly taskId: number; readonly processId: number; readonly comm: string } | undefined {
  const status = textOf(readCapped(`${proc}/${taskId}/status`, STATUS_MAX_BYTES));
  if (status === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name}:\\t(.*)$`, "m").exec(status)?.[1] ?? "";
  return { taskId, processId: Number(field("Tgid")), comm: field("Name") };
}

/** Threads of all processes for which the test is true, the first TASKS_MAX. */
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

/** R, S, D …: proc_pid_status(5); undefined where it is no more. */
function readState(taskId: number, proc: string): string | undefined {
  const status = textOf(readCapped(`${proc}/${taskId}/status`, STATUS_MAX_BYTES)) ?? "";
  return /^State:\t(\w)/m.exec(status)?.[1];
}

function numbersIn(folder: string): readonly number[] {
  try {
    const numbers = readdirSync(folder).map(Number).filter(Number.isInteger);
    return numbers.sort((a, b) => a - b);
  } catch (error) {
    // Ended meanwhile.
    if (EXPECTED[(error as NodeJS.ErrnoException).code ?? ""] === undefined) throw error;
    return [];
  }
}

function textOf(result: ReturnType<typeof readCapped>): string | undefined {
  return typeof result === "string" ? undefined : result.text;
}

/** Why a file of /proc may well not be readable; anything else is a broken assumption. */
const EXPECTED: Readonly<Record<string, "absent" | "refused">> = {
  ENOENT: "absent",
  ENOTDIR: "absent",
  ESRCH: "absent",
  // mountinfo of a process that is being ended: fs/proc_namespace.c mounts_open_common
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
    const expected = EXPECTED[(error as NodeJS.ErrnoException).code ?? ""];
    if (expected === undefined) throw error;
    return expected;
  }
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
