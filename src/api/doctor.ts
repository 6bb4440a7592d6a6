// What `aod doctor --json` says. In: nothing; out: the schema that the command and docs/api.md share. Names are the public
// contract: change none, add with care.

import * as v from "valibot";
import { count, field, text, textOrNull } from "./fields.ts";

const findingSchema = v.object({
  subject: text("what was looked at, a word or two"),
  verdict: field(
    v.picklist(["ok", "note", "warn", "bad"]),
    "`ok` will do; `note` is to be known; `warn` makes aod see or keep less; `bad` keeps it from working",
  ),
  found: text("what was found"),
  todo: textOrNull("what to do about it; always there for `warn` and `bad`"),
  code: textOrNull("for `bad`: what a start would fail with"),
});

export const doctorSchema = v.object({
  version: text("of aod"),
  exit_code: count("of this command: what a start would end with"),
  findings: field(v.array(findingSchema), "in the order in which they are looked at"),
});

export type DoctorOfApi = v.InferOutput<typeof doctorSchema>;
