// An incident as others get it: what history/snapshot.ts writes, as a schema.

import * as v from "valibot";
import { CAUSES } from "../model/verdict.ts";
import { amount, count, field, known, text, textOrNull, utc, utcOrNull } from "./fields.ts";

export const verdictSchema = v.object({
  cause: field(v.picklist(CAUSES), "who is to blame"),
  confidence: amount("0 to 1; 0 for unknown"),
  because: field(v.array(v.string()), "in plain words, what speaks most first"),
});

const processSchema = v.object({
  pid: count("of the process"),
  name: text("its name; writeback or readahead for kernel workers"),
  unit: textOrNull("systemd's unit"),
  container: textOrNull("the id or name of its container"),
  requests: count("of those in evidence"),
});

const attributionSchema = v.object({
  server: textOrNull("as the share's name has it"),
  connection_ids: field(v.array(v.number()), "the kernel's"),
  dialect: textOrNull("of SMB, as 3.1.1"),
  encrypted: known(v.boolean(), "whether the session is encrypted"),
  mount_points: field(v.array(v.string()), "where the share is mounted, as those see it who wait"),
  processes: field(v.array(processSchema), "who waits, whoever sent most first"),
});

export const incidentSchema = v.object({
  id: text("what `aod incidents ID` takes"),
  rule: text("of the configuration"),
  type: text("latency, error, stuck or signal"),
  share: text("//server/share; unknown where the client's list does not have it"),
  kind: text("the worst so far"),
  state: field(v.picklist(["open", "resolved"]), "resolved after a time of quiet"),
  opened_at: utc("its first anomaly"),
  last_at: utc("its last"),
  resolved_at: utcOrNull("null while it is open"),
  count: count("requests that counted"),
  worst_ms: amount("the longest"),
  worst: known(v.looseObject({}), "the longest request, as docs/incidents.md says"),
  attribution: known(attributionSchema, "whose trouble it is"),
  hung: known(v.object({ count: count("the most in one go"), longest_ms: amount("of all") }), "what hung"),
  standing: known(
    v.object({ count: count("requests"), oldest_ms: amount("age of the oldest") }),
    "what hangs now",
  ),
  verdict: known(verdictSchema, "of its newest capture that names a cause"),
  suppressed: count("captures that were not made"),
  captures: field(v.array(v.string()), "names, oldest first"),
});

export const incidentsSchema = v.object({
  incidents: field(
    v.array(incidentSchema),
    "those that are open, newest first; `aod incidents` reads all of them from the history",
  ),
});

export type IncidentOfApi = v.InferOutput<typeof incidentSchema>;
