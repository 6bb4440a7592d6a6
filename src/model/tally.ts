// What the kernel has counted of all replies since the programs were loaded: plain data, read on demand. Which slot is
// which share KnownTree says (share.ts).

/** Replies to one command on one share slot. Slots and commands without a reply have none. */
export interface ReplyHistogram {
  /** 0 to LAST_SLOT, which stands for every share without a slot of its own. */
  readonly slot: number;
  /** MS-SMB2 2.2.1.2. */
  readonly command: number;
  readonly sumNs: number;
  /** Of all of these, those that failed. */
  readonly errors: number;
  /** By bucket: bounds are those of HISTOGRAM_SHAPE, bpf/histogram.h. */
  readonly buckets: Float64Array;
}

/** Failed replies of one status. */
export interface StatusCount {
  /** MS-ERREF 2.3; 0 where the client gave up on what the server called a success. Undefined: too many to tell apart. */
  readonly ntStatus: number | undefined;
  readonly slot: number;
  readonly command: number;
  readonly count: number;
}

export interface Tallies {
  readonly histograms: readonly ReplyHistogram[];
  readonly statuses: readonly StatusCount[];
}
