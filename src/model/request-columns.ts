// The columns of requests.csv, in their order: the public contract between whoever writes a capture and whoever reads one
// (docs/captures.md says what each means). Change none; new ones come last.

export const REQUEST_COLUMNS = [
  "time_utc",
  "boot_ns",
  "latency_ns",
  "state",
  "command",
  "nt_status",
  "errno",
  "session_id",
  "tree_id",
  "message_id",
  "pid",
  "tid",
  "comm",
  "share",
] as const;

export type RequestColumn = (typeof REQUEST_COLUMNS)[number];
