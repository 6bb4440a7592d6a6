// The columns of requests.csv, in their order: the public contract between the writer and the readers of captures
// (docs/captures.md explains each). Change none; add new ones at the end.

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
