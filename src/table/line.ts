// One line of the request table, or of the operations beside it, in memory that BPF programs change while it is read. This file
// is the reader's half of the protocol of bpf/table.h: start_ns is a line's sequence number. A program sets it to ~0, writes the
// fields, and stores the new start_ns last. A record is whole if start_ns is the same before and after it was read.

/** Records that begin with start_ns: RequestMemory and OperationMemory. */
export interface LineMemory<Line> {
  startLow(at: number): number;
  startHigh(at: number): number;
  /** In one load: half of an old start and half of a new one may look like a third. */
  startNs(at: number): bigint;
  read(at: number): Line;
}

const TWO_32 = 0x1_0000_0000;

/** The high half of a start_ns that is no time is at least this: a program is writing the line. */
export const WRITTEN_HIGH = 0x8000_0000;
const WRITTEN = BigInt(WRITTEN_HIGH) << 32n;

/**
 * start_ns of a line, ns of CLOCK_MONOTONIC as a double (exact for 104 days of uptime): 0 where the line is empty, Infinity
 * where a program is writing it.
 * @param at bytes from the start of the memory.
 */
export function lineStartNs(memory: Pick<LineMemory<unknown>, "startLow" | "startHigh">, at: number): number {
  const high = memory.startHigh(at);
  return high >= WRITTEN_HIGH ? Infinity : high * TWO_32 + memory.startLow(at);
}

/** Whether a line's start is a time: the line is neither empty nor being written. */
export function isUsed(startNs: number): boolean {
  return startNs > 0 && startNs < Infinity;
}

/** The record of a line; undefined where the line is empty, being written, or another record took it during the read. */
export function readWhole<Line>(memory: LineMemory<Line>, at: number): Line | undefined {
  const startNs = memory.startNs(at);
  if (startNs === 0n || startNs >= WRITTEN) return undefined;
  const line = memory.read(at);
  return memory.startNs(at) === startNs ? line : undefined;
}

/** As readWhole, for a line whose start was read before; undefined where it has become another record's. */
export function readStarted<Line extends { readonly startNs: bigint }>(
  memory: LineMemory<Line>,
  at: number,
  startNs: number,
): Line | undefined {
  const line = readWhole(memory, at);
  return line !== undefined && Number(line.startNs) === startNs ? line : undefined;
}
