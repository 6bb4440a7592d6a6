// The schema of what `aod top` shows at each interval, shared by the daemon, the command and docs/api.md. All figures
// come from the flight recorder: nothing is computed for them unless a client asks.

import * as v from "valibot";
import { amount, amountOrNull, count, field, flag, known, string, stringOrNull, utc } from "./fields.ts";
import { incidentSchema } from "./incident.ts";
import { recentSchema, stallSchema } from "./status.ts";

/** What the rows can be grouped by. */
export const GROUPS = ["share", "command", "process"] as const;
export type RowGroup = (typeof GROUPS)[number];

/** A line of `aod top`. */
export const rowSchema = v.object({
  key: string("share, command, or `name (pid)`; `name (3 ended)`: processes of one name that have ended"),
  recent: field(recentSchema, "figures of the last `window_sec` seconds"),
  now: field(recentSchema, "figures of the last `now_sec` seconds"),
  in_flight: count("requests without a reply"),
  oldest_ms: amountOrNull("age of the oldest, without those that may block indefinitely"),
});

/** Seconds in a document. */
export const SECONDS_MAX = 300;

const secondSchema = v.object({
  requests: count("requests with a reply in this second"),
  errors: count("failed ones among them"),
  p50_ms: amountOrNull("null without requests"),
  p99_ms: amountOrNull("null without requests"),
  max_ms: amountOrNull("null without requests"),
});

const openSchema = v.object({
  age_ms: amount("time since it was sent, or since its task entered cifs"),
  command: stringOrNull("null for an operation that has not sent a request yet"),
  share: string("//server/share, or unknown"),
  message_id: stringOrNull("in decimal; null likewise"),
  pid: count("pid of the process"),
  tid: count("of the task"),
  comm: string("of the task"),
  waits_by_design: flag(
    "may block indefinitely, as CHANGE_NOTIFY and LOCK do for hours: no sign of a problem",
  ),
});

export const liveSchema = v.object({
  at: utc("time of these figures"),
  state: field(v.picklist(["watching", "waiting"]), "waiting: cifs is not loaded, or nothing uses it"),
  window_sec: amount("span of `recent` and `histogram`; 0: nothing is known yet"),
  total: field(recentSchema, "figures of all shares"),
  now_sec: amount("span of `now`: 5, or `window_sec` if that is less"),
  total_now: field(recentSchema, "figures of all shares, the last `now_sec` seconds"),
  stalled: field(
    v.array(stallSchema),
    "servers with requests in flight that have sent no reply for over a second, the longest silence first, 20 at most",
  ),
  groups: field(
    v.object({
      share: field(
        v.array(rowSchema),
        "rows with a request of over 5 s first, then the busiest, 100 at most",
      ),
      command: field(v.array(rowSchema), "likewise"),
      process: field(v.array(rowSchema), "likewise, 100 at most"),
    }),
    "the same requests, grouped in three ways",
  ),
  histogram: field(
    v.array(
      v.object({
        upto_ms: known(v.number(), "upper bound of the latencies, a power of two; null: no bound"),
        requests: count("requests in this bucket"),
      }),
    ),
    "buckets of latencies, shortest first",
  ),
  seconds: field(
    v.array(secondSchema),
    "up to 300 whole seconds, as many as the recorder has, oldest first; the oldest may lack their slowest requests",
  ),
  last_second: count("number of the last of them since boot"),
  in_flight: field(
    v.array(openSchema),
    "open requests and operations, oldest first, those that may block indefinitely last, 100 at most",
  ),
  in_flight_total: count("number of all of them"),
  incidents: field(
    v.array(incidentSchema),
    "open incidents and those of the last minutes, newest first, 20 at most",
  ),
  losses: field(v.record(v.string(), v.number()), "losses by cause, without those that are 0"),
});

export type Live = v.InferOutput<typeof liveSchema>;
export type LiveRow = v.InferOutput<typeof rowSchema>;
export type LiveOpen = v.InferOutput<typeof openSchema>;
