// Writes lines to a file descriptor whose reader may have stopped reading: a pipe, a terminal, the journal's stream. It
// never waits: lines that the reader does not take are buffered up to a bound, retried by a timer, and dropped and
// counted beyond it. Bun's own streams buffer without a bound (a pipe) or wait without end (a terminal).

import { constants, fstatSync, openSync } from "node:fs";
import { ERRNO } from "../model/errno.ts";
import { lastErrno, libc } from "./libc.ts";

/**
 * Tries to write.
 * @returns the number of bytes that were taken, 0 while the reader takes none; undefined if the reader is gone.
 */
export type TryWrite = (bytes: Uint8Array) => number | undefined;

export interface LineSinkOptions {
  readonly tryWrite: TryWrite;
  /** Called when a line is dropped. */
  readonly dropping: () => void;
  /** Called when the reader takes lines again; `dropped` lines are missing. */
  readonly resumed: (dropped: number) => void;
  readonly maxBytes?: number;
  readonly retryMs?: number;
}

/** Limit of the lines that wait for the reader: some thousand. */
const WAITING_MAX_BYTES = 256 << 10;
const RETRY_MS = 100;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

export class LineSink {
  readonly #options: Required<LineSinkOptions>;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LineSinkOptions) {
    this.#options = { maxBytes: WAITING_MAX_BYTES, retryMs: RETRY_MS, ...options };
  }

  /**
   * A line with its end, or several. After a dropped line no other is accepted until all waiting lines are written, so
   * their order stays.
   */
  write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    if (this.#dropped > 0 || this.#waitingBytes + bytes.length > this.#options.maxBytes) {
      this.#drop();
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#timer === undefined) this.#flush();
  }

  /** Tries for this time, ms, to write the waiting lines. The rest is lost with the process. */
  async close(withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    while (this.#waiting.length > 0 && performance.now() < end) await Bun.sleep(10);
    clearTimeout(this.#timer);
  }

  // --- internal ---

  #drop(): void {
    this.#dropped++;
    this.#options.dropping();
    this.#tryLater();
  }

  #tryLater(): void {
    this.#timer ??= setTimeout(() => this.#flush(), this.#options.retryMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const taken = this.#options.tryWrite(first);
      if (taken === 0) {
        this.#tryLater();
        return;
      }
      // Without a reader a line is dropped as well; the next one may find a new reader (a FIFO).
      this.#waitingBytes -= taken ?? first.length;
      if (taken !== undefined && taken < first.length) this.#waiting[0] = first.subarray(taken);
      else this.#waiting.shift();
      if (taken === undefined) this.#options.dropping();
    }
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#options.resumed(dropped);
  }
}

/**
 * A way to write to a file descriptor without waiting. The descriptor's own flags stay, because other processes share
 * them.
 * @returns undefined if there is none: a regular file, which never reports that it is full; a pipe of another user.
 */
export function nonBlockingWriter(fd: number): TryWrite | undefined {
  const stats = fstatSync(fd);
  if (stats.isSocket()) {
    return (bytes) => outcomeOf(libc.sendto(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, null, 0));
  }
  if (!stats.isFIFO() && !stats.isCharacterDevice()) return undefined;
  let own: number;
  try {
    own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code !== "string") throw error;
    return undefined;
  }
  return (bytes) => outcomeOf(libc.write(own, bytes, bytes.length));
}

function outcomeOf(returned: number | bigint): number | undefined {
  if (Number(returned) >= 0) return Number(returned);
  const errno = lastErrno();
  return errno === ERRNO.EAGAIN || errno === ERRNO.EINTR ? 0 : undefined;
}
