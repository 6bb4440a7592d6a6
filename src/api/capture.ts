// The schema of `aod captures --json`, shared by the command and docs/api.md. Names are the public contract: do not
// rename any, and add them with care.

import * as v from "valibot";
import { CAUSES } from "../model/verdict.ts";
import { amount, count, field, flag, known, text, textOrNull, utc } from "./fields.ts";

const captureSchema = v.object({
  id: text("the argument of `aod captures show` and the like; a unique prefix is enough"),
  name: text("file name below `batches`"),
  path: text("of the file"),
  taken_at: utc("when the request table was frozen"),
  rule: text("manual: a capture on demand"),
  share: textOrNull("//server/share of its incident; null for a manual one"),
  incident_id: textOrNull("captures with the same id belong to one incident; null for a manual one"),
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
  problem: textOrNull("why the capture cannot be read; null if no problem is known"),
});

export const capturesSchema = v.array(captureSchema);

export type CaptureOfApi = v.InferOutput<typeof captureSchema>;
