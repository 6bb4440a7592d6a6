// The schema of `aod captures --json`, shared by the command and docs/api.md. Names are the public contract: do not
// rename any, and add them with care.

import * as v from "valibot";
import { CAUSES } from "../model/verdict.ts";
import { amount, count, field, flag, known, string, stringOrNull, utc } from "./fields.ts";

const captureSchema = v.object({
  id: string("the argument of `aod captures show` and the like; a unique prefix is enough"),
  name: string("file name below `batches`"),
  path: string("of the file"),
  taken_at: utc("when the request table was frozen"),
  rule: string("manual: a capture on demand"),
  share: stringOrNull("//server/share of its incident; null for a manual one"),
  incident_id: stringOrNull("captures with the same id belong to one incident; null for a manual one"),
  incident_open: flag("whether that incident is still open"),
  verdict: known(
    v.object({
      cause: field(v.picklist(CAUSES), "the most likely cause"),
      confidence: amount("0 to 1; 0 for unknown"),
    }),
    "null if it cannot be read",
  ),
  bytes: count("of the file"),
  pinned: flag("by `aod captures keep`: cleanup does not remove it"),
  problem: stringOrNull("why the capture cannot be read; null if no problem is known"),
});

export const capturesSchema = v.array(captureSchema);

export type CaptureOfApi = v.InferOutput<typeof captureSchema>;
