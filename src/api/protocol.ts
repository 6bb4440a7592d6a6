// The protocol of the control socket: a client sends one question, a line of JSON, and gets one or more answers, a line
// each. The supervisor serves it; the command line asks.

import * as v from "valibot";
import { amount, count, field, string } from "./fields.ts";
import { incidentsSchema, verdictSchema } from "./incident.ts";
import { liveSchema } from "./live.ts";
import { statusSchema } from "./status.ts";

/** Raised when a field changes its meaning or is removed; new fields do not raise it. */
export const PROTOCOL_VERSION = 1;
export const SOCKET_PATH = "/run/aod/aod.sock";
/** The longest question. */
export const QUESTION_MAX_BYTES = 4096;
export const REASON_MAX_CHARS = 256;
export const EVERY_MS = { least: 100, most: 60_000, fallback: 1000 } as const;

const version = field(v.literal(PROTOCOL_VERSION), "version of the protocol");

export const questionSchema = v.variant("ask", [
  v.strictObject({ version, ask: field(v.literal("status"), "the state of aod; one answer") }),
  v.strictObject({
    version,
    ask: field(v.literal("live"), "one answer after the other, until the connection is closed"),
    every_ms: v.optional(
      field(
        v.pipe(v.number(), v.integer(), v.minValue(EVERY_MS.least), v.maxValue(EVERY_MS.most)),
        "ms between answers",
      ),
      EVERY_MS.fallback,
    ),
  }),
  v.strictObject({ version, ask: field(v.literal("incidents"), "open incidents; one answer") }),
  v.strictObject({
    version,
    ask: field(v.literal("snapshot"), "makes a capture now: `progress` while it is made, then `captured`"),
    reason: v.optional(
      field(v.pipe(v.string(), v.maxLength(REASON_MAX_CHARS)), "a reason, which the manifest contains"),
    ),
  }),
  v.strictObject({
    version,
    ask: field(v.literal("reload"), "reloads the configuration, as systemctl reload does; one answer"),
  }),
]);

export const ERROR_CODES = [
  "USAGE",
  "VERSION",
  "NOT_PERMITTED",
  "BUSY",
  "CONFIG_INVALID",
  "CAPTURE_FAILED",
  "BUG",
] as const;

export const answerSchema = v.variant("type", [
  v.object({ version, type: v.literal("status"), status: statusSchema }),
  v.object({ version, type: v.literal("live"), live: liveSchema }),
  v.object({ version, type: v.literal("incidents"), ...incidentsSchema.entries }),
  v.object({
    version,
    type: field(v.literal("progress"), "one for each action that ended"),
    action: string("name of the action"),
    status: string("ok, failed, timed_out, truncated or missing"),
    ended: count("actions that have ended so far"),
    of: count("number of all actions"),
  }),
  v.object({
    version,
    type: v.literal("captured"),
    path: string("path of the capture"),
    bytes: count("its size"),
    duration_ms: amount("how long it took"),
    verdict: field(verdictSchema, "the most likely cause"),
  }),
  v.object({
    version,
    type: v.literal("reloaded"),
    problems: field(v.array(v.string()), "warnings, as `aod check` prints them"),
  }),
  v.object({
    version,
    type: v.literal("error"),
    code: field(v.picklist(ERROR_CODES), "kind of the error"),
    message: string("what is wrong, and what to do"),
  }),
]);

export type Question = v.InferOutput<typeof questionSchema>;
export type Answer = v.InferOutput<typeof answerSchema>;
export type AnswerOf<Type extends Answer["type"]> = Extract<Answer, { type: Type }>;
