// An incident as others get it: what history/snapshot.ts writes, as a schema.

import * as v from "valibot";
import { FAMILIES } from "../model/family.ts";
import { RULES_MAX, SHARES_MAX } from "../model/incident.ts";
import { CAUSES } from "../model/verdict.ts";
import { amount, count, field, known, text, textOrNull, utc, utcOrNull } from "./fields.ts";

export const verdictSchema = v.object({
  cause: field(v.picklist(CAUSES), "who is to blame"),
  confidence: amount("0 to 1; 0 for unknown"),
  because: field(v.array(v.string()), "in plain words, what speaks most first"),
});

const processSchema = v.object({
  pid: count("of the process"),
  name: text(
    "its name; writeback or readahead for kernel workers; unknown for what had the name of one and is no more",
  ),
  unit: textOrNull("systemd's unit"),
  container: textOrNull("the id or name of its container"),
  requests: count("of those in evidence"),
});

const attributionSchema = v.object({
  server: textOrNull("as the share's name has it"),
  address: textOrNull("the server's IP address, in one form: RFC 5952"),
  connection_ids: field(v.array(v.number()), "the kernel's"),
  dialect: textOrNull("of SMB, as 3.1.1"),
  encrypted: known(v.boolean(), "whether the share or its whole session is encrypted"),
  dfs_paths: field(v.array(v.string()), "//domain/namespace/link: DFS paths that lead to the share"),
  possible_shares: field(
    v.array(v.string()),
    "the shares that it may be: SMB 2.0.2 and 2.1, several shares of one session",
  ),
  mount_points: field(v.array(v.string()), "where the share is mounted, as those see it who wait"),
  processes: field(v.array(processSchema), "who waits, whoever sent most first"),
});

export const incidentSchema = v.object({
  id: text("what `aod incidents ID` takes"),
  server: text(
    "its name in lower case, as the first share has it, or its address; unknown where the share is not known",
  ),
  family: field(
    v.picklist(FAMILIES),
    "availability: late or missing replies, lost connections; refusals: errors",
  ),
  rule: text("of the configuration, the first that reported"),
  type: text("of this rule: latency, error, stuck or signal"),
  share: text(
    "the first that was reported: //server/share; //server for what concerns all its shares, or one of several; unknown where the client's list does not have it",
  ),
  rules: field(v.array(v.string()), `all rules that reported, in this order, the first ${RULES_MAX}`),
  shares: field(v.array(v.string()), `all shares that were reported, in this order, the first ${SHARES_MAX}`),
  kind: text("the worst so far"),
  state: field(v.picklist(["open", "resolved"]), "resolved after a time of quiet"),
  opened_at: utc("its first anomaly"),
  last_at: utc("its last"),
  resolved_at: utcOrNull("null while it is open"),
  count: count("requests that counted; once where several rules counted them"),
  worst_ms: amount("the longest"),
  worst: known(v.looseObject({}), "the longest request, as docs/incidents.md says"),
  attribution: known(attributionSchema, "whose trouble it is"),
  statuses: field(
    v.array(
      v.object({
        status: text("by name; of an operation that failed without a request its errno"),
        nt_status: textOrNull("in hexadecimal; null for such an operation"),
        errno: text("what programs got"),
        command: textOrNull("null for such an operation"),
        count: count("requests"),
      }),
    ),
    "of the requests that counted for rules of type Error, the most frequent first",
  ),
  hung: known(v.object({ count: count("the most in one go"), longest_ms: amount("of all") }), "what hung"),
  standing: known(
    v.object({
      count: count("requests"),
      oldest_ms: amount("age of the oldest, as of this document"),
      since: utc("when it began"),
    }),
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
