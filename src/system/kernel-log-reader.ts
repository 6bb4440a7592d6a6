// Reads /dev/kmsg as it grows: records since the start, as text. It never waits: the caller's epoll set wakes it. A
// storm of lines wakes it at most once in REST_NS: after each batch the file leaves the epoll set for that time.

import { constants, openSync } from "node:fs";
import { ERRNO, errnoName } from "../model/errno.ts";
import { AodError } from "../model/failure.ts";
import type { WaitSet } from "./disposable-reader.ts";
import { checked, lastErrno, libc } from "./libc.ts";

export const KERNEL_LOG = "/dev/kmsg";

/** The longest record: kernel/printk/printk.c:CONSOLE_EXT_LOG_MAX, PRINTK_MESSAGE_MAX. */
const RECORD_MAX_BYTES = 8192;
/** The most records of one batch: a stack is some tens of records. */
const BATCH_MAX = 256;
export const REST_NS = 20e6;

const SEEK_END = 2;

export interface KernelLogBatch {
  readonly records: readonly string[];
  /** The kernel overwrote records before they were read; it does not report how many. */
  readonly overwritten: boolean;
}

/** Opens the kernel log behind its last record, non-blocking. @returns the descriptor, or the errno's name. */
export function openAtEnd(path: string): number | string {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  checked(libc.lseek(fd, 0, SEEK_END), `lseek ${path}`);
  return fd;
}

const NOTHING: KernelLogBatch = { records: [], overwritten: false };

export class KernelLogReader {
  readonly #fd: number;
  readonly #waitSet: WaitSet;
  readonly #buffer = new Uint8Array(RECORD_MAX_BYTES);
  readonly #decoder = new TextDecoder();
  #restsUntilNs: number | undefined;

  /** @param fd the caller keeps owning it. */
  constructor(fd: number, waitSet: WaitSet) {
    this.#fd = fd;
    this.#waitSet = waitSet;
    waitSet.add(fd);
  }

  /** When to call `poll` although nothing is ready, ns; Infinity: not before the file is ready. */
  get dueNs(): number {
    return this.#restsUntilNs ?? Infinity;
  }

  /** The new records; to be called in every round. */
  poll(nowNs: number, isReady: boolean): KernelLogBatch {
    if (this.#restsUntilNs !== undefined) {
      if (nowNs < this.#restsUntilNs) return NOTHING;
      this.#restsUntilNs = undefined;
      this.#waitSet.add(this.#fd);
    } else if (!isReady) return NOTHING;
    const batch = this.#read();
    if (batch.records.length > 0 || batch.overwritten) {
      this.#waitSet.remove(this.#fd);
      this.#restsUntilNs = nowNs + REST_NS;
    }
    return batch;
  }

  #read(): KernelLogBatch {
    const records: string[] = [];
    let overwritten = false;
    while (records.length < BATCH_MAX) {
      // Each call reads one record.
      const bytes = Number(libc.read(this.#fd, this.#buffer, RECORD_MAX_BYTES));
      if (bytes > 0) {
        records.push(this.#decoder.decode(this.#buffer.subarray(0, bytes)));
        continue;
      }
      const errno = bytes === 0 ? ERRNO.EAGAIN : lastErrno();
      if (errno === ERRNO.EPIPE) {
        overwritten = true;
        continue;
      }
      if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) break;
      throw new AodError("SYSCALL", `read ${KERNEL_LOG}: ${errnoName(errno)}`);
    }
    return { records, overwritten };
  }
}
