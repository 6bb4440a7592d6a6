// Captures as `aod captures --json` lists them. In: nothing; out: the schema that the command and docs/api.md share. Names
// are the public contract: change none, add with care.

import * as v from "valibot";
import { CAUSES } from "../model/verdict.ts";
import { amount, count, field, flag, known, text, textOrNull, utc } from "./fields.ts";

const captureSchema = v.object({
  id: text("what `aod captures show` and the others take; its beginning is enough where it is unique"),
  name: text("file name below `batches`"),
  path: text("of the file"),
  taken_at: utc("when the request table was frozen"),
  rule: text("manual: somebody asked for it"),
  share: textOrNull("//server/share, of its incident; null for a manual one"),
  incident_id: textOrNull("captures with the same one belong together; null for a manual one"),
  incident_open: flag("whether that incident is not over"),
  verdict: known(
    v.object({
      cause: field(v.picklist(CAUSES), "who is to blame"),
      confidence: amount("0 to 1; 0 for unknown"),
    }),
    "null where it can't be read",
  ),
  bytes: count("of the file"),
  pinned: flag("`aod captures keep`: neither age nor size removes it"),
  problem: textOrNull("why the capture can't be read; null where nothing is known to be wrong"),
});

export const capturesSchema = v.array(captureSchema);

export type CaptureOfApi = v.InferOutput<typeof captureSchema>;
