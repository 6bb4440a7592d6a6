// The schema of `aod doctor --json`, shared by the command and docs/api.md. Names are the public contract: do not
// rename any, and add them with care.

import * as v from "valibot";
import { count, field, string, stringOrNull } from "./fields.ts";

const findingSchema = v.object({
  subject: string("what was checked, in a word or two"),
  verdict: field(
    v.picklist(["ok", "note", "warn", "bad"]),
    "`ok`: nothing to do; `note`: good to know; `warn`: aod sees or stores less; `bad`: aod cannot run",
  ),
  found: string("what was found"),
  todo: stringOrNull("what to do about it; always present for `warn` and `bad`"),
  code: stringOrNull("for `bad`: the failure code of a start"),
});

export const doctorSchema = v.object({
  version: string("of aod"),
  exit_code: count("of this command: the exit code of a start"),
  findings: field(v.array(findingSchema), "in the order of the checks"),
});

export type DoctorOfApi = v.InferOutput<typeof doctorSchema>;
