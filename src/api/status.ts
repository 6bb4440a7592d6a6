// How aod stands, as `aod status --json` and the control socket say it. In: nothing; out: the schema that both sides and
// docs/api.md share. Names are the public contract: change none, add with care.

import * as v from "valibot";
import { TROUBLE_SUBJECTS } from "../model/trouble.ts";
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
  client_lists: field(
    v.picklist(["readable", "late", "stuck"]),
    "the client's DebugData; late: its reader did not come back in time; stuck: it can't be killed, a lock inside the client is held",
  ),
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

export const stallSchema = v.object({
  server: text("its name, as in its shares; unknown where these are not known"),
  silent_ms: amount("since its last reply, or since the oldest request was sent where that is later"),
  in_flight: count("requests that wait for its replies, without those that wait by design"),
  oldest_ms: amount("age of the oldest of them"),
  shares: field(v.array(v.string()), "that they were sent to, 100 at most"),
});

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

const shareSchema = v.object({
  share: text(
    "//server/share; //server where SMB 2.0.2 or 2.1 does not show which of its shares it is; unknown where the client's list does not have it",
  ),
  address: textOrNull("the server's IP address, in one form: RFC 5952"),
  mount_points: field(v.array(v.string()), "on the host"),
  dfs_paths: field(v.array(v.string()), "//domain/namespace/link: DFS paths that lead to it"),
  dialect: textOrNull("of SMB, as 3.1.1"),
  encrypted: known(v.boolean(), "whether the share or its whole session is encrypted"),
  requests_total: known(
    wholeNumber,
    "replies since aod started; null: counted together with those of other shares",
  ),
  errors_total: known(wholeNumber, "of them failed"),
  recent: field(recentSchema, "the last `window_sec` seconds"),
  now: field(recentSchema, "the last `now_sec` seconds"),
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

const troubleSchema = v.object({
  subject: field(v.picklist(TROUBLE_SUBJECTS), "what it is about"),
  text: text("what is wrong, and what follows from it"),
  since: utc("when it was noticed"),
  over_at: utcOrNull("when it was well again; null while it lasts"),
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

/** Exported for docs/api.md. */
export const approachSchema = v.object({
  rule: text("of the configuration"),
  share: text("on which it came nearest"),
  at: utc("when"),
  counted: count("what its window held of what counts"),
  replies: known(
    v.number(),
    "all replies in the window, for a rule that trips by a share of them; else null",
  ),
  ratio: amount("of the way to the trip; 1 and above is a trip"),
});

export const statusSchema = v.object({
  at: utc("of these figures"),
  daemon: field(daemonSchema, "what runs"),
  watching: field(watchingSchema, "what it sees"),
  window_sec: amount("how far back `recent` goes: 60, less where the flight recorder is shorter"),
  now_sec: amount("how far back `now` goes: 5, less where `window_sec` is less"),
  stalled: field(
    v.array(stallSchema),
    "servers that owe replies and have sent none for over a second, the longest silence first, 20 at most",
  ),
  shares: field(v.array(shareSchema), "those in use, most requests first"),
  waiting_operations: count(
    "tasks in cifs that have not sent a request yet, and are there for over a second",
  ),
  open_incidents: field(v.array(incidentSchema), "newest first"),
  past_incidents: field(
    v.object({
      last_hour: count("that were resolved within it, 1000 at most"),
      last_day: count("likewise, within 24 h"),
      last: known(incidentSchema, "the one that was resolved last within 24 h; null: none"),
    }),
    "what is over, also of earlier runs",
  ),
  approaches: field(
    v.array(approachSchema),
    "how near each rule came to tripping in the last hour; a rule for which nothing counted is not in it",
  ),
  last_captures: field(v.array(captureSchema), "of this run, newest first, five at most"),
  captures: field(
    v.object({
      count: count("that are stored"),
      bytes: count("of them"),
      limit_bytes: count("cleanup.max_total_log_size_mb"),
      age_suspended: textOrNull("why no capture is removed for its age now: the clock can't be believed yet"),
    }),
    "on the disk",
  ),
  troubles: field(
    v.array(troubleSchema),
    "things that aod depends on and that are, or were within the last hour, in trouble; empty if there are none",
  ),
  suppressed: field(
    v.record(v.string(), v.number()),
    "captures that were not made since the start, by cause",
  ),
  losses: field(
    v.record(v.string(), v.number()),
    "what was lost that may cost evidence, by cause; causes of 0 too",
  ),
  refused: field(
    v.record(v.string(), v.number()),
    "what aod turned away so that it stays able to work, by cause; causes of 0 too",
  ),
  cost: field(costSchema, "what the daemon itself costs"),
});

export type Status = v.InferOutput<typeof statusSchema>;
export type ShareStatus = Status["shares"][number];
