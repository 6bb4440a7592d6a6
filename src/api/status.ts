// How aod stands, as `aod status --json` and the control socket say it. In: nothing; out: the schema that both sides and
// docs/api.md share. Names are the public contract: change none, add with care.

import * as v from "valibot";
import {
  amount,
  amountOrNull,
  count,
  field,
  flag,
  known,
  text,
  textOrNull,
  utc,
  utcOrNull,
} from "./fields.ts";
import { incidentSchema, verdictSchema } from "./incident.ts";

export const HOOK_LEVELS = ["request", "operation", "signal"] as const;

const hookSchema = v.object({
  tracepoint: text("its name"),
  level: field(v.picklist(HOOK_LEVELS), "what it is for"),
  attached: flag("whether it is seen"),
  reason: textOrNull("why it is not: an errno's name"),
});

const watchingSchema = v.object({
  state: field(v.picklist(["watching", "waiting"]), "waiting: cifs is not loaded, or nothing uses it"),
  since: utcOrNull("when it attached last; null while it waits"),
  build: field(v.picklist(["atomic", "plain"]), "plain on kernels before 5.12: docs/architecture.md"),
  hooks: field(v.array(hookSchema), "every tracepoint that aod knows"),
});

const daemonSchema = v.object({
  version: text("of aod"),
  commit: text("that it was built of"),
  pid: count("of the daemon"),
  started_at: utc("when it began"),
  config_file: textOrNull("null: the built-in default"),
  config_sha256: text("of what is applied"),
  output_dir: text("captures are in `batches` below it"),
  rules: count("that are applied"),
});

/**
 * Figures of the last seconds; `window_sec` says of how many. What failed is no step of the protocol, and no answer that
 * programs ask for all day, as that a name is not there. Latencies are without those of commands that wait by design.
 */
export const recentSchema = v.object({
  requests: count("that had their reply then"),
  rate_per_sec: amount("of them"),
  errors: count("of them failed"),
  p50_ms: amountOrNull("half took no longer; null without requests"),
  p99_ms: amountOrNull("99 % took no longer"),
  max_ms: amountOrNull("the longest"),
});

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

const shareSchema = v.object({
  share: text("//server/share; unknown for what the client's list does not have"),
  mount_points: field(v.array(v.string()), "in aod's own mount namespace"),
  dialect: textOrNull("of SMB, as 3.1.1"),
  encrypted: known(v.boolean(), "whether the session is encrypted"),
  requests_total: known(
    wholeNumber,
    "replies since aod started; null: counted together with those of other shares",
  ),
  errors_total: known(wholeNumber, "of them failed"),
  recent: field(recentSchema, "the last `window_sec` seconds"),
  in_flight: count("sent, and no reply yet"),
  oldest_ms: amountOrNull("age of the oldest of them that does not wait by design"),
});

const captureSchema = v.object({
  name: text("file name below `batches`"),
  taken_at: utc("when the request table was frozen"),
  rule: text("manual: somebody asked for it"),
  share: textOrNull("of its incident"),
  bytes: count("of the file"),
  verdict: known(verdictSchema, "who is to blame"),
});

const costSchema = v.object({
  cpu_seconds: amount("user and system time since the start"),
  cpu_percent: amount("of one CPU, since the start"),
  resident_bytes: count("of memory"),
  kernel_map_bytes: count("of the BPF maps"),
  request_ns: amountOrNull(
    "the kernel's time for the programs of one request; null: none came while it was measured",
  ),
  measured_requests: count("how many the figure is of"),
});

export const statusSchema = v.object({
  at: utc("of these figures"),
  daemon: field(daemonSchema, "what runs"),
  watching: field(watchingSchema, "what it sees"),
  window_sec: amount("how far back `recent` goes: 60, less where the flight recorder is shorter"),
  shares: field(v.array(shareSchema), "those in use, most requests first"),
  waiting_operations: count(
    "tasks in cifs that have not sent a request yet, and are there for over a second",
  ),
  open_incidents: field(v.array(incidentSchema), "newest first"),
  last_captures: field(v.array(captureSchema), "of this run, newest first, five at most"),
  captures: field(
    v.object({
      count: count("that are kept"),
      bytes: count("of them"),
      limit_bytes: count("cleanup.max_total_log_size_mb"),
    }),
    "on the disk",
  ),
  suppressed: field(
    v.record(v.string(), v.number()),
    "captures that were not made since the start, by cause",
  ),
  losses: field(
    v.record(v.string(), v.number()),
    "what was lost that may cost evidence, by cause; causes of 0 too",
  ),
  cost: field(costSchema, "what the daemon itself costs"),
});

export type Status = v.InferOutput<typeof statusSchema>;
export type ShareStatus = Status["shares"][number];
