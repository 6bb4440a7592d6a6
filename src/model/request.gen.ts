// Generated from bpf/request.h by `make gen`. Do not edit.

/** Bytes of a record: struct aod_request. */
export const REQUEST_BYTES = 64;

/** Byte offsets of the fields: struct aod_request. */
export const OFFSET = {
  start_ns: 0,
  latency_ns: 8,
  session_id: 16,
  message_id: 24,
  tree_id: 32,
  task_id: 36,
  process_id: 40,
  nt_status: 44,
  errno_code: 48,
  command: 49,
  flags: 50,
  kind: 51,
  comm: 52,
} as const;

/** Bits of a record's flags: enum aod_flags. */
export const FLAG = {
  REPLIED: 1,
  ERRORED: 2,
  TAIL: 4,
  SUPERSEDED: 8,
  AMBIGUOUS: 16,
  REAPED: 32,
} as const;

/** Results of the program reap_request: enum aod_reap. */
export const REAP = {
  NONE: 0,
  LINE: 1,
  GHOST: 2,
  CONTENDED: 3,
} as const;

/** What a record is: enum aod_kind. */
export const KIND = {
  REQUEST: 1,
  EVICTED: 2,
  SIGNAL: 3,
  WAKE: 4,
  OPERATION: 5,
} as const;

/** What a signal's `command` says: enum aod_signal. */
export const SIGNAL = {
  RECONNECT: 0,
  PARTIAL_SEND_RECONNECT: 1,
  SES_EXPIRED: 2,
  CREDIT_TIMEOUT: 3,
  RECONNECT_INVALID_CREDITS: 4,
  CONNECT_ERR: 5,
  INSUFFICIENT_CREDITS: 6,
  OVERFLOW_CREDITS: 7,
  SES_NOT_FOUND: 8,
  KEY_EXPIRED: 9,
  TREE_CONNECT_ERR: 10,
} as const;

/** Sizes of the maps: enum aod_geometry. */
export const GEOMETRY = {
  SETS_LOG2: 14,
  SETS: 16384,
  SET_LINES: 4,
  COMM_BYTES: 12,
  OPERATION_SETS_LOG2: 10,
  OPERATION_SETS: 1024,
  OPERATION_SET_LINES: 4,
  RING_BYTES: 1048576,
  COMMANDS: 20,
  FILTERS: 21,
  COMPOUND_PARTS: 10,
  SHARE_SLOTS: 32,
  TREE_BUCKETS_LOG2: 10,
  TREE_BUCKETS: 1024,
  ERRNO_WORDS: 4,
  STATUS_MAX: 4096,
  TALLIES: 1024,
} as const;

/** Size and byte offsets of a line of `operations`: struct aod_operation. */
export const OPERATION = {
  BYTES: 32,
  start_ns: 0,
  xid: 8,
  task_id: 12,
  process_id: 16,
  comm: 20,
} as const;

/** Size and byte offsets of the value of `control`: struct aod_control. */
export const CONTROL = {
  BYTES: 8,
  asleep: 0,
  ghosts: 4,
} as const;

/** Size and byte offsets of a value of `filters`: struct aod_filter. */
export const FILTER = {
  BYTES: 40,
  slow_ns: 0,
  errno_mask: 8,
} as const;

/** Size and byte offsets of a key of `quiet`: struct aod_quiet. */
export const QUIET = {
  BYTES: 8,
  nt_status: 0,
  command: 4,
} as const;

/** Size and byte offsets of a key of `statuses`: struct aod_status. */
export const STATUS = {
  BYTES: 8,
  nt_status: 0,
  cell: 4,
} as const;

/** Size and byte offsets of a value of `trees`: struct aod_tree. */
export const TREE = {
  BYTES: 16,
  session_id: 0,
  tree_id: 8,
  slot: 12,
} as const;

/** Size and byte offsets of a value of `histograms`: struct aod_histogram. */
export const HISTOGRAM = {
  BYTES: 512,
  sum_ns: 0,
  errors: 8,
  untold_statuses: 12,
  buckets: 16,
} as const;

/** Its buckets: enum aod_histogram_shape. */
export const HISTOGRAM_SHAPE = {
  FIRST_LOG2: 10,
  LAST_LOG2: 40,
  STEPS_LOG2: 2,
  BUCKETS: 122,
} as const;

/** Names of the counters, in the order of the map's indices: enum aod_counter. */
export const COUNTERS = [
  "entered",
  "replied",
  "echoed",
  "unpaired",
  "ambiguous",
  "tail_closed",
  "superseded",
  "reaped",
  "evicted",
  "enter_contended",
  "reply_contended",
  "ring_full",
  "unknown_command",
  "signals",
  "forgotten",
  "operations_entered",
  "operations_ended",
  "operations_overwritten",
  "operations_reaped",
  "operations_displaced",
  "operations_contended",
  "operations_failed",
] as const;
