// One SMB request as the kernel side recorded it, and the decoder of its 64 bytes (bpf/request.h). The only file that
// knows the byte layout by name; the offsets come from the generated file. It touches only memory that the caller
// passes.

import { readComm, writeComm } from "./comm.ts";
import { commandName } from "./command.ts";
import { FLAG, KIND, OFFSET } from "./request.gen.ts";
import { signalName, signalSource } from "./signal.ts";

export interface Request {
  /** When the request got its message id, ns of CLOCK_MONOTONIC. With messageId, its identity. */
  readonly startNs: bigint;
  /** 0 while in flight, else at least 1: the time to the reply, or to the close without one. */
  readonly latencyNs: number;
  readonly sessionId: bigint;
  /** Counts up on each connection, not in each session. */
  readonly messageId: bigint;
  readonly treeId: number;
  /** The task that sent it: the kernel's pid, that of a thread. */
  readonly taskId: number;
  /** The kernel's tgid, which people call a process id. */
  readonly processId: number;
  readonly ntStatus: number;
  /** Positive; 0 without error. */
  readonly errno: number;
  /** MS-SMB2 2.2.1.2; for a signal the number of aod_signal. */
  readonly command: number;
  /** Bits of FLAG. */
  readonly flags: number;
  /** One of KIND. */
  readonly kind: number;
  readonly comm: string;
}

/** The state of a request, as in the column `state` of requests.csv; `waiting` and `signal` occur in evidence only. */
export type RequestState = "done" | "error" | "in_flight" | "lost" | "waiting" | "signal";

/**
 * `lost`: closed without a reply, by one of the pairing rules. `waiting`: an operation that has no request yet. An
 * operation that failed without a request is an `error`.
 */
export function stateOf(request: Request): RequestState {
  if (request.kind === KIND.SIGNAL) return "signal";
  if (request.kind === KIND.OPERATION) return request.errno === 0 ? "waiting" : "error";
  if (request.latencyNs === 0) return "in_flight";
  if ((request.flags & FLAG.REPLIED) === 0) return "lost";
  return (request.flags & FLAG.ERRORED) === 0 ? "done" : "error";
}

const UNTRUSTED = FLAG.TAIL | FLAG.SUPERSEDED | FLAG.AMBIGUOUS | FLAG.REAPED;

/** Whether a line's latency and status are those of its own reply: no other line may feed a rule or a figure. */
export function isTrustedReply(flags: number): boolean {
  return (flags & FLAG.REPLIED) !== 0 && (flags & UNTRUSTED) === 0;
}

/**
 * The name of a request: its command; for a signal the tracepoint, or `kmsg_` and its name; for a waiting operation the
 * empty text.
 */
export function whatIs({ kind, command, errno }: Request): string {
  if (kind === KIND.OPERATION) return errno === 0 ? "" : "operation";
  if (kind !== KIND.SIGNAL) return commandName(command);
  return `${signalSource(command) === "tracepoint" ? "smb3" : "kmsg"}_${signalName(command)}`;
}

/** The time of its end, ns of CLOCK_MONOTONIC as a double: exact for 104 days of uptime, within 2 ns for 208. */
export function endNs(request: Request): number {
  return Number(request.startNs) + request.latencyNs;
}

/**
 * Writes a record's 64 bytes, start_ns last, as the programs do. For the imitation of the kernel and for tests.
 * @param at bytes from the start of the view.
 */
export function writeRequest(view: DataView, at: number, request: Request): void {
  view.setBigUint64(at + OFFSET.latency_ns, BigInt(request.latencyNs), true);
  view.setBigUint64(at + OFFSET.session_id, request.sessionId, true);
  view.setBigUint64(at + OFFSET.message_id, request.messageId, true);
  view.setUint32(at + OFFSET.tree_id, request.treeId, true);
  view.setUint32(at + OFFSET.task_id, request.taskId, true);
  view.setUint32(at + OFFSET.process_id, request.processId, true);
  view.setUint32(at + OFFSET.nt_status, request.ntStatus, true);
  view.setUint8(at + OFFSET.errno_code, request.errno);
  view.setUint8(at + OFFSET.command, request.command);
  view.setUint8(at + OFFSET.flags, request.flags);
  view.setUint8(at + OFFSET.kind, request.kind);
  writeComm(view, at + OFFSET.comm, request.comm);
  view.setBigUint64(at + OFFSET.start_ns, request.startNs, true);
}

/**
 * Records in memory, read in place. Offsets are bytes from the start of the memory, multiples of 8. The memory may
 * change underneath: `startNs` is the sequence number, so read it before and after the other fields.
 */
export class RequestMemory {
  /** The memory itself, for code that reads one field of every record. */
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #longs: BigUint64Array;

  constructor(buffer: ArrayBufferLike, byteOffset = 0, byteLength = buffer.byteLength - byteOffset) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.#bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.#words = new Uint32Array(buffer, byteOffset, byteLength >> 2);
    this.#longs = new BigUint64Array(buffer, byteOffset, byteLength >> 3);
  }

  /** The low half of start_ns, which is enough to see whether a line changed. */
  startLow(at: number): number {
    return this.#words[(at + OFFSET.start_ns) >> 2] ?? 0;
  }

  startHigh(at: number): number {
    return this.#words[(at + OFFSET.start_ns + 4) >> 2] ?? 0;
  }

  /** Zero while in flight; a double is exact to 104 days. */
  latencyNs(at: number): number {
    const word = (at + OFFSET.latency_ns) >> 2;
    return (this.#words[word + 1] ?? 0) * 0x1_0000_0000 + (this.#words[word] ?? 0);
  }

  startNs(at: number): bigint {
    return this.#longs[(at + OFFSET.start_ns) >> 3] ?? 0n;
  }

  messageId(at: number): bigint {
    return this.#longs[(at + OFFSET.message_id) >> 3] ?? 0n;
  }

  sessionId(at: number): bigint {
    return this.#longs[(at + OFFSET.session_id) >> 3] ?? 0n;
  }

  treeId(at: number): number {
    return this.#words[(at + OFFSET.tree_id) >> 2] ?? 0;
  }

  taskId(at: number): number {
    return this.#words[(at + OFFSET.task_id) >> 2] ?? 0;
  }

  errno(at: number): number {
    return this.#bytes[at + OFFSET.errno_code] ?? 0;
  }

  command(at: number): number {
    return this.#bytes[at + OFFSET.command] ?? 0;
  }

  flags(at: number): number {
    return this.#bytes[at + OFFSET.flags] ?? 0;
  }

  kind(at: number): number {
    return this.#bytes[at + OFFSET.kind] ?? 0;
  }

  /** The whole record as plain data. */
  read(at: number): Request {
    return {
      startNs: this.startNs(at),
      latencyNs: this.latencyNs(at),
      sessionId: this.sessionId(at),
      messageId: this.messageId(at),
      treeId: this.treeId(at),
      taskId: this.taskId(at),
      processId: this.#words[(at + OFFSET.process_id) >> 2] ?? 0,
      ntStatus: this.#words[(at + OFFSET.nt_status) >> 2] ?? 0,
      errno: this.errno(at),
      command: this.command(at),
      flags: this.flags(at),
      kind: this.kind(at),
      comm: readComm(this.#bytes, at + OFFSET.comm),
    };
  }
}
