// The schema of the state of aod, shared by the control socket, `aod status --json` and docs/api.md. Names are the
// public contract: do not rename any, and add them with care.

import * as v from "valibot";
import { TROUBLE_SUBJECTS } from "../model/trouble.ts";
import {
  amount,
  amountOrNull,
  count,
  field,
  flag,
  known,
  string,
  stringOrNull,
  utc,
  utcOrNull,
} from "./fields.ts";
import { incidentSchema, verdictSchema } from "./incident.ts";

export const HOOK_LEVELS = ["request", "operation", "signal"] as const;

const hookSchema = v.object({
  tracepoint: string("its name"),
  level: field(v.picklist(HOOK_LEVELS), "what aod uses it for"),
  attached: flag("whether aod is attached to it"),
  reason: stringOrNull("why not: the name of an errno"),
});

const watchingSchema = v.object({
  state: field(v.picklist(["watching", "waiting"]), "waiting: cifs is not loaded, or nothing uses it"),
  since: utcOrNull("when aod attached last; null while it waits"),
  build: field(v.picklist(["atomic", "plain"]), "plain on kernels before 5.12: docs/architecture.md"),
  client_lists: field(
    v.picklist(["readable", "late", "stuck"]),
    "the client's DebugData; late: its reader did not finish in time; stuck: the reader cannot be killed, because a lock inside the client is held",
  ),
  hooks: field(v.array(hookSchema), "every tracepoint that aod knows"),
});

const daemonSchema = v.object({
  version: string("of aod"),
  commit: string("commit of the build"),
  pid: count("pid of the daemon"),
  started_at: utc("when the daemon was started"),
  config_file: stringOrNull("null: the built-in default"),
  config_sha256: string("of the configuration in use"),
  output_dir: string("captures are in `batches` below it"),
  rules: count("rules in use"),
});

/**
 * Figures of the last seconds; `window_sec` is their number. Steps of the protocol and everyday answers, such as no
 * such file, are not failures. Latencies do not include commands that may block indefinitely.
 */
export const recentSchema = v.object({
  requests: count("requests with a reply in this time"),
  rate_per_sec: amount("requests a second"),
  errors: count("failed ones among them"),
  p50_ms: amountOrNull("half of them took no longer; null without requests"),
  p99_ms: amountOrNull("99 % of them took no longer"),
  max_ms: amountOrNull("the longest latency"),
});

export const stallSchema = v.object({
  server: string("its name, as in its shares; unknown if these are not known"),
  silent_ms: amount("time since its last reply, or since the oldest request was sent if that is later"),
  in_flight: count("requests without a reply, except those that may block indefinitely"),
  oldest_ms: amount("age of the oldest of them"),
  shares: field(v.array(v.string()), "shares of these requests, 100 at most"),
});

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

const shareSchema = v.object({
  share: string(
    "//server/share; //server if SMB 2.0.2 or 2.1 does not show which of its shares it is; unknown if the client's list does not have it",
  ),
  address: stringOrNull("the server's IP address, in one form: RFC 5952"),
  mount_points: field(v.array(v.string()), "on the host"),
  dfs_paths: field(v.array(v.string()), "//domain/namespace/link: DFS paths that lead to it"),
  dialect: stringOrNull("of SMB, as 3.1.1"),
  encrypted: known(v.boolean(), "whether the share or its whole session is encrypted"),
  requests_total: known(
    wholeNumber,
    "replies since the start of aod; null: counted together with those of other shares",
  ),
  errors_total: known(wholeNumber, "failed ones among them"),
  recent: field(recentSchema, "figures of the last `window_sec` seconds"),
  now: field(recentSchema, "figures of the last `now_sec` seconds"),
  in_flight: count("requests without a reply"),
  oldest_ms: amountOrNull("age of the oldest, without those that may block indefinitely"),
});

const captureSchema = v.object({
  name: string("file name below `batches`"),
  taken_at: utc("when the request table was frozen"),
  rule: string("manual: a capture on demand"),
  share: stringOrNull("share of its incident"),
  bytes: count("of the file"),
  verdict: known(verdictSchema, "the most likely cause"),
});

const troubleSchema = v.object({
  subject: field(v.picklist(TROUBLE_SUBJECTS), "what the problem is about"),
  text: string("the problem and its consequences"),
  since: utc("when it was noticed"),
  over_at: utcOrNull("when it was resolved; null while it lasts"),
});

const costSchema = v.object({
  cpu_seconds: amount("user and system time since the start"),
  cpu_percent: amount("of one CPU, since the start"),
  resident_bytes: count("resident memory"),
  kernel_map_bytes: count("memory of the BPF maps"),
  request_ns: amountOrNull(
    "time of the BPF programs for one request; null: no request came during the measurement",
  ),
  measured_requests: count("requests in that measurement"),
});

/** Exported for docs/api.md. */
export const approachSchema = v.object({
  rule: string("name of the rule"),
  share: string("share on which it came nearest"),
  at: utc("when"),
  counted: count("what counted in its window"),
  replies: known(
    v.number(),
    "all replies in the window, for a rule that trips by a percentage of them; otherwise null",
  ),
  ratio: amount("ratio of the figure to its limit; the rule trips at 1"),
});

export const statusSchema = v.object({
  at: utc("time of these figures"),
  daemon: field(daemonSchema, "the running daemon"),
  watching: field(watchingSchema, "what aod sees"),
  window_sec: amount("span of `recent`: 60, or less if the flight recorder is shorter"),
  now_sec: amount("span of `now`: 5, or `window_sec` if that is less"),
  stalled: field(
    v.array(stallSchema),
    "servers with requests in flight that have sent no reply for over a second, the longest silence first, 20 at most",
  ),
  shares: field(v.array(shareSchema), "shares in use, most requests first"),
  waiting_operations: count("tasks that have been in cifs for over a second and have not sent a request"),
  open_incidents: field(v.array(incidentSchema), "newest first"),
  past_incidents: field(
    v.object({
      last_hour: count("incidents resolved in the last hour, 1000 at most"),
      last_day: count("likewise, in the last 24 h"),
      last: known(incidentSchema, "the incident that was resolved last in 24 h; null: none"),
    }),
    "resolved incidents, including those of earlier runs",
  ),
  approaches: field(
    v.array(approachSchema),
    "how near each rule came to tripping in the last hour, without rules for which nothing counted",
  ),
  last_captures: field(v.array(captureSchema), "captures of this run, newest first, five at most"),
  captures: field(
    v.object({
      count: count("stored captures"),
      bytes: count("their size"),
      limit_bytes: count("cleanup.max_total_log_size_mb"),
      age_suspended: stringOrNull("why no capture is removed for its age now: the clock is not trusted yet"),
    }),
    "captures on disk",
  ),
  troubles: field(
    v.array(troubleSchema),
    "problems with what aod depends on, now or in the last hour; empty without any",
  ),
  suppressed: field(v.record(v.string(), v.number()), "suppressed captures since the start, by cause"),
  losses: field(
    v.record(v.string(), v.number()),
    "losses that may cost evidence, by cause, including those that are 0",
  ),
  refused: field(
    v.record(v.string(), v.number()),
    "what aod refused to protect itself, by cause, including those that are 0",
  ),
  cost: field(costSchema, "the cost of aod itself"),
});

export type Status = v.InferOutput<typeof statusSchema>;
export type ShareStatus = Status["shares"][number];
