// What `aod top` shows, once for each interval. In: nothing; out: the schema that both sides and docs/api.md share. All
// figures are of the flight recorder: nothing is counted for them while nobody asks.

import * as v from "valibot";
import { amount, amountOrNull, count, field, flag, known, text, textOrNull, utc } from "./fields.ts";
import { incidentSchema } from "./incident.ts";
import { recentSchema, stallSchema } from "./status.ts";

/** What rows are of. */
export const GROUPS = ["share", "command", "process"] as const;
export type RowGroup = (typeof GROUPS)[number];

/** A line of `aod top`. */
export const rowSchema = v.object({
  key: text("share, command, or `name (pid)`; `name (3 ended)`: processes of one name that have ended"),
  recent: field(recentSchema, "the last `window_sec` seconds"),
  now: field(recentSchema, "the last `now_sec` seconds"),
  in_flight: count("sent, and no reply yet"),
  oldest_ms: amountOrNull("age of the oldest of them that does not wait by design"),
});

/** A document has no more of them. */
export const SECONDS_MAX = 300;

const secondSchema = v.object({
  requests: count("with a reply in this second"),
  errors: count("of them failed"),
  p50_ms: amountOrNull("null without requests"),
  p99_ms: amountOrNull("null without requests"),
  max_ms: amountOrNull("null without requests"),
});

const openSchema = v.object({
  age_ms: amount("since it was sent, or since its task entered cifs"),
  command: textOrNull("null: an operation that has not sent a request yet"),
  share: text("//server/share, or unknown"),
  message_id: textOrNull("decimal; null as above"),
  pid: count("of the process"),
  tid: count("of the task"),
  comm: text("of the task"),
  waits_by_design: flag("a CHANGE_NOTIFY or a LOCK may wait for hours: nothing is wrong with it"),
});

export const liveSchema = v.object({
  at: utc("of these figures"),
  state: field(v.picklist(["watching", "waiting"]), "waiting: cifs is not loaded, or nothing uses it"),
  window_sec: amount("how far back `recent` and `histogram` go; 0: nothing is known yet"),
  total: field(recentSchema, "of all shares"),
  now_sec: amount("how far back `now` goes: 5, less where `window_sec` is less"),
  total_now: field(recentSchema, "of all shares, the last `now_sec` seconds"),
  stalled: field(
    v.array(stallSchema),
    "servers that owe replies and have sent none for over a second, the longest silence first, 20 at most",
  ),
  groups: field(
    v.object({
      share: field(
        v.array(rowSchema),
        "those with a request of over 5 s first, then the busiest, 100 at most",
      ),
      command: field(v.array(rowSchema), "likewise"),
      process: field(v.array(rowSchema), "likewise, 100 at most"),
    }),
    "the same requests, by what they have in common",
  ),
  histogram: field(
    v.array(
      v.object({
        upto_ms: known(v.number(), "latencies below it, powers of two; null: no bound"),
        requests: count("in it"),
      }),
    ),
    "latencies, shortest first",
  ),
  seconds: field(
    v.array(secondSchema),
    "the last 300 whole ones, oldest first, of which as many as the recorder has; the oldest may lack their slowest requests",
  ),
  last_second: count("the number of the last of them, since the machine booted"),
  in_flight: field(
    v.array(openSchema),
    "what is open, oldest first and what waits by design last, 100 at most",
  ),
  in_flight_total: count("all of it"),
  incidents: field(
    v.array(incidentSchema),
    "open ones and those of the last minutes, newest first, 20 at most",
  ),
  losses: field(v.record(v.string(), v.number()), "by cause, those that are over 0"),
});

export type Live = v.InferOutput<typeof liveSchema>;
export type LiveRow = v.InferOutput<typeof rowSchema>;
export type LiveOpen = v.InferOutput<typeof openSchema>;
