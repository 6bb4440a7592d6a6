// The kernel's counts of all replies since the programs were loaded: plain data, read on demand. KnownTree (share.ts)
// has the slot of each share. Also the shape of the kernel's histograms, as bpf/histogram.h has it.

import { HISTOGRAM_SHAPE } from "./request.gen.ts";

/** Replies to one command on one share slot. Slots and commands without a reply have none. */
export interface ReplyHistogram {
  /** 0 to LAST_SLOT, which stands for every share without a slot of its own. */
  readonly slot: number;
  /** MS-SMB2 2.2.1.2. */
  readonly command: number;
  readonly sumNs: number;
  /** The replies among them that failed. */
  readonly errors: number;
  /** HISTOGRAM_SHAPE.BUCKETS counts; `bucketOf` gives the bucket of a latency. */
  readonly buckets: Float64Array;
}

/** Failed replies of one status. */
export interface StatusTally {
  /**
   * MS-ERREF 2.3; 0 if the client gave up on a reply that the server called a success. Undefined for statuses that came
   * after GEOMETRY.TALLIES others.
   */
  readonly ntStatus: number | undefined;
  readonly slot: number;
  readonly command: number;
  readonly count: number;
}

/** Operations that failed without a request, with one errno; 255 stands for 255 and above. */
export interface OperationErrors {
  readonly errno: number;
  readonly count: number;
}

/** Counts only grow; they start at 0 when the programs are loaded. */
export interface Tallies {
  readonly histograms: readonly ReplyHistogram[];
  readonly statuses: readonly StatusTally[];
}

const { FIRST_LOG2, LAST_LOG2, STEPS_LOG2, BUCKETS } = HISTOGRAM_SHAPE;
const STEPS = 1 << STEPS_LOG2;

/** The bucket that counts this latency; ns, not negative. */
export function bucketOf(latencyNs: number): number {
  if (latencyNs < 2 ** FIRST_LOG2) return 0;
  if (latencyNs >= 2 ** LAST_LOG2) return BUCKETS - 1;
  // A double's exponent; log2 would round up just below a power of two.
  let log = 31 - Math.clz32(latencyNs);
  if (latencyNs >= 2 ** 32) log = 63 - Math.clz32(latencyNs / 2 ** 32);
  const step = Math.floor((latencyNs / 2 ** log - 1) * STEPS);
  return 1 + ((log - FIRST_LOG2) << STEPS_LOG2) + step;
}
