// The control socket's protocol: one JSON object a line, a question from whoever connects, then one answer or more. In:
// nothing; out: schemas and their types. Who serves it is the supervisor's side, who asks is the command line's.

import * as v from "valibot";
import { amount, count, field, text } from "./fields.ts";
import { incidentsSchema, verdictSchema } from "./incident.ts";
import { liveSchema } from "./live.ts";
import { statusSchema } from "./status.ts";

/** Raised when a field changes its meaning or goes; fields that come do not raise it. */
export const PROTOCOL_VERSION = 1;
export const SOCKET_PATH = "/run/aod/aod.sock";
/** A question is no longer. */
export const QUESTION_MAX_BYTES = 4096;
export const REASON_MAX_CHARS = 256;
export const EVERY_MS = { least: 100, most: 60_000, fallback: 1000 } as const;

const version = field(v.literal(PROTOCOL_VERSION), "of the protocol");

export const questionSchema = v.variant("ask", [
  v.strictObject({ version, ask: field(v.literal("status"), "how it stands; one answer") }),
  v.strictObject({
    version,
    ask: field(v.literal("live"), "answers until the connection is closed"),
    every_ms: v.optional(
      field(
        v.pipe(v.number(), v.integer(), v.minValue(EVERY_MS.least), v.maxValue(EVERY_MS.most)),
        "ms between answers",
      ),
      EVERY_MS.fallback,
    ),
  }),
  v.strictObject({ version, ask: field(v.literal("incidents"), "those that are open; one answer") }),
  v.strictObject({
    version,
    ask: field(v.literal("snapshot"), "a capture now: `progress` as it is made, then `captured`"),
    reason: v.optional(
      field(v.pipe(v.string(), v.maxLength(REASON_MAX_CHARS)), "why: it stands in the manifest"),
    ),
  }),
  v.strictObject({ version, ask: field(v.literal("reload"), "as systemctl reload does; one answer") }),
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
    type: field(v.literal("progress"), "one for each action that has ended"),
    action: text("its name"),
    status: text("ok, failed, timed_out, truncated or missing"),
    ended: count("actions that have ended"),
    of: count("actions in all"),
  }),
  v.object({
    version,
    type: v.literal("captured"),
    path: text("of the capture"),
    bytes: count("of it"),
    duration_ms: amount("that it took"),
    verdict: field(verdictSchema, "who is to blame"),
  }),
  v.object({
    version,
    type: v.literal("reloaded"),
    problems: field(v.array(v.string()), "warnings, as `aod check` says them"),
  }),
  v.object({
    version,
    type: v.literal("error"),
    code: field(v.picklist(ERROR_CODES), "what kind"),
    message: text("what is wrong, and what to do"),
  }),
]);

export type Question = v.InferOutput<typeof questionSchema>;
export type Answer = v.InferOutput<typeof answerSchema>;
export type AnswerOf<Type extends Answer["type"]> = Extract<Answer, { type: Type }>;
