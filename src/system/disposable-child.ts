// A child process that reads one file and prints it into a pipe, for threads that sleep in an epoll set and have no
// event loop for Bun.spawn. It gives two file descriptors to wait for, and the text. It never waits for the child: a
// child that blocks in the kernel, even in open(2), blocks no thread of aod. Deadlines and retries belong to
// disposable-reader.ts.

import { type Pointer, ptr } from "bun:ffi";
import { readFileSync } from "node:fs";
import { errnoName } from "../model/errno.ts";
import { AodError } from "../model/failure.ts";
import { checked, lastErrno, libc, WNOHANG } from "./libc.ts";

/** The path of coreutils or busybox; the runner's actions need it as well. */
const PROGRAMS = ["/usr/bin/cat", "/bin/cat"] as const;

const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_SETFL = 4;
// The same number on every architecture: include/uapi/asm-generic/unistd.h. Linux 5.3 and later.
const SYS_PIDFD_OPEN = 434;

// glibc's posix_spawnattr_t has 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128: with room to spare.
const OPAQUE_BYTES = 512;
// spawn.h. A session of its own: signals from aod's terminal do not reach the child.
const SPAWN_FLAGS = 0x04 /* SETSIGDEF */ | 0x08 /* SETSIGMASK */ | 0x80; /* SETSID */

const READ_BYTES = 64 << 10;

/** ns of a clock tick in /proc/PID/stat; USER_HZ is 100 on every architecture that aod runs on. */
const TICK_NS = 1e7;

export interface ChildExit {
  /** Undefined if a signal ended it. */
  readonly exitCode: number | undefined;
}

/** A running child. Its descriptors are readable when there is something to do; `close` releases them. */
export class DisposableChild {
  readonly pid: number;
  /** Its output; non-blocking. */
  readonly outputFd: number;
  /** Readable once it has ended; -1 if the kernel or a sandbox provides none. */
  readonly exitFd: number;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #exit: ChildExit | undefined;
  #closed = false;

  private constructor(pid: number, outputFd: number) {
    this.pid = pid;
    this.outputFd = outputFd;
    this.exitFd = Number(libc.syscall(SYS_PIDFD_OPEN, pid, null, 0));
  }

  /** Starts a child, or returns the errno's name if none can be started: no program, no process, no descriptor. */
  static start(path: string): DisposableChild | string {
    const ends = new Int32Array(2);
    if (libc.pipe2(ends, O_CLOEXEC) < 0) return errnoName(lastErrno());
    const [outputFd, inputFd] = ends as unknown as [number, number];
    checked(libc.fcntl(outputFd, F_SETFL, O_NONBLOCK), "fcntl pipe");
    const started = spawnCat(path, inputFd);
    checked(libc.close(inputFd), "close pipe");
    if (typeof started === "number") return new DisposableChild(started, outputFd);
    checked(libc.close(outputFd), "close pipe");
    return started;
  }

  /** Takes its output so far, at most 64 KiB: empty at the end, undefined if there is none yet. */
  read(): Uint8Array | undefined {
    const got = Number(libc.read(this.outputFd, this.#buffer, READ_BYTES));
    return got >= 0 ? Uint8Array.prototype.slice.call(this.#buffer, 0, got) : undefined;
  }

  /** The way in which it ended; undefined while it runs. Collects it, so that no zombie remains. */
  exit(): ChildExit | undefined {
    if (this.#exit !== undefined) return this.#exit;
    const status = new Int32Array(1);
    const pid = libc.waitpid(this.pid, status, WNOHANG);
    if (pid === 0) return undefined;
    // wait(2): the low seven bits are the signal. A negative pid means that another thread has collected it.
    const word = status[0] as number;
    this.#exit = { exitCode: pid === this.pid && (word & 0x7f) === 0 ? (word >> 8) & 0xff : undefined };
    return this.#exit;
  }

  /**
   * Whether it was runnable but spent less than half of its life on a CPU: then the host is busy, and no lock blocks
   * it. A child that spins for a lock has spent all of it on a CPU; one that sleeps for a lock was not runnable.
   * @param ageNs since its start.
   */
  isShortOfCpu(ageNs: number): boolean {
    const fields = readStat(this.pid);
    // proc(5): 3 state, 14 utime, 15 stime; field 3 is the first behind the name.
    const cpuNs = (Number(fields[11]) + Number(fields[12])) * TICK_NS;
    return fields[0] === "R" && cpuNs < ageNs / 2;
  }

  /** Sends SIGKILL. A child that spins for a lock in the kernel does not die of it. */
  kill(): void {
    // It is not collected yet, so the number still belongs to it.
    if (this.exit() === undefined) process.kill(this.pid, "SIGKILL");
  }

  /** Releases the descriptors; a child that was not collected is abandoned. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const fd of [this.outputFd, this.exitFd]) if (fd >= 0) checked(libc.close(fd), "close child");
  }
}

// --- internal ---

/** The fields behind the name, which may contain any character; empty if the process has ended. */
function readStat(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    // It has ended, or no descriptor is free: there is no proof that it waits for a CPU.
    return [];
  }
}

function spawnCat(path: string, outputFd: number): number | string {
  const [actions, attributes, signals] = [opaque(), opaque(), opaque()];
  const calls = [
    libc.posix_spawn_file_actions_init(actions),
    libc.posix_spawn_file_actions_addopen(actions, 0, cString("/dev/null"), 0, 0),
    libc.posix_spawn_file_actions_adddup2(actions, outputFd, 1),
    libc.posix_spawn_file_actions_addopen(actions, 2, cString("/dev/null"), 1, 0),
    libc.posix_spawnattr_init(attributes),
    libc.posix_spawnattr_setflags(attributes, SPAWN_FLAGS),
    libc.sigemptyset(signals),
    libc.posix_spawnattr_setsigmask(attributes, signals),
    libc.sigfillset(signals),
    libc.posix_spawnattr_setsigdefault(attributes, signals),
  ];
  const failed = calls.find((errno) => errno !== 0);
  if (failed !== undefined) throw new AodError("SYSCALL", `prepare posix_spawn: ${errnoName(failed)}`);
  try {
    let error = "ENOENT";
    for (const program of PROGRAMS) {
      const started = spawnProgram(program, path, actions, attributes);
      if (typeof started === "number") return started;
      error = started;
      if (started !== "ENOENT") break;
    }
    return error;
  } finally {
    libc.posix_spawn_file_actions_destroy(actions);
    libc.posix_spawnattr_destroy(attributes);
  }
}

/** glibc starts it by clone(CLONE_VFORK): the caller waits only for the exec of a program on the system's disk. */
function spawnProgram(program: string, path: string, actions: Buffer, attributes: Buffer): number | string {
  const strings = [program, path].map(cString);
  const [argv, environment] = [pointers(strings), pointers([])];
  const pid = new Int32Array(1);
  const errno = libc.posix_spawn(pid, cString(program), actions, attributes, argv, environment);
  // Referenced until here: the array holds only their addresses.
  if (strings.length === 0) throw new AodError("BUG", "no arguments");
  return errno === 0 ? (pid[0] as number) : errnoName(errno);
}

function opaque(): Buffer {
  return Buffer.alloc(OPAQUE_BYTES);
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function pointers(strings: readonly Buffer[]): BigUint64Array {
  const addresses = strings.map((string): Pointer => ptr(string));
  return new BigUint64Array([...addresses.map(BigInt), 0n]);
}
