// The schema of an incident, as history/snapshot.ts encodes it.

import * as v from "valibot";
import { FAMILIES } from "../model/family.ts";
import { RULES_MAX, SHARES_MAX } from "../model/incident.ts";
import { CAUSES } from "../model/verdict.ts";
import { amount, count, field, known, string, stringOrNull, utc, utcOrNull } from "./fields.ts";

export const verdictSchema = v.object({
  cause: field(v.picklist(CAUSES), "the most likely cause"),
  confidence: amount("0 to 1; 0 for unknown"),
  because: field(v.array(v.string()), "the reasons in plain words, the strongest first"),
});

const processSchema = v.object({
  pid: count("of the process"),
  name: string(
    "its name; writeback or readahead for kernel workers; unknown for an ended task that had the name of a kernel worker",
  ),
  unit: stringOrNull("systemd's unit"),
  container: stringOrNull("the id or name of its container"),
  requests: count("its requests in evidence"),
});

const attributionSchema = v.object({
  server: stringOrNull("as in the name of the share"),
  address: stringOrNull("the server's IP address, in one form: RFC 5952"),
  connection_ids: field(v.array(v.number()), "ids of the kernel"),
  dialect: stringOrNull("of SMB, as 3.1.1"),
  encrypted: known(v.boolean(), "whether the share or its whole session is encrypted"),
  dfs_paths: field(v.array(v.string()), "//domain/namespace/link: DFS paths that lead to the share"),
  possible_shares: field(
    v.array(v.string()),
    "candidates, if SMB 2.0.2 or 2.1 does not show which share of a session it is",
  ),
  mount_points: field(v.array(v.string()), "where the share is mounted, as the affected processes see it"),
  processes: field(v.array(processSchema), "affected processes, the one with most requests first"),
});

export const incidentSchema = v.object({
  id: string("the argument of `aod incidents ID`"),
  server: string(
    "its name in lower case, as in the first share, or its address; unknown if the share is not known",
  ),
  family: field(
    v.picklist(FAMILIES),
    "availability: late or missing replies, lost connections; refusals: errors",
  ),
  rule: string("the first rule that reported"),
  type: string("type of this rule: latency, error, stuck or signal"),
  share: string(
    "the first share that was reported: //server/share; //server if it concerns all shares of the server, or one of several; unknown if the client's list does not have it",
  ),
  rules: field(v.array(v.string()), `all rules that reported, in this order, the first ${RULES_MAX}`),
  shares: field(v.array(v.string()), `all shares that were reported, in this order, the first ${SHARES_MAX}`),
  kind: string("the worst kind so far"),
  state: field(v.picklist(["open", "resolved"]), "resolved after a time without anomalies"),
  opened_at: utc("time of the first anomaly"),
  last_at: utc("time of the last anomaly"),
  resolved_at: utcOrNull("null while it is open"),
  count: count("requests that counted; once if several rules counted them"),
  worst_ms: amount("the longest request"),
  worst: known(v.looseObject({}), "the longest request, as docs/incidents.md describes"),
  attribution: known(attributionSchema, "the server, the share and the processes that are affected"),
  statuses: field(
    v.array(
      v.object({
        status: string("name of the status; for an operation that failed without a request, its errno"),
        nt_status: stringOrNull("in hexadecimal; null for such an operation"),
        errno: string("errno that programs got"),
        command: stringOrNull("null for such an operation"),
        count: count("requests"),
      }),
    ),
    "statuses of the requests that counted for rules of type Error, the most frequent first",
  ),
  hung: known(
    v.object({ count: count("the most at the same time"), longest_ms: amount("the longest") }),
    "requests that hung",
  ),
  standing: known(
    v.object({
      count: count("requests"),
      oldest_ms: amount("age of the oldest at the time of this document"),
      since: utc("when the hang began"),
    }),
    "requests that hang now",
  ),
  verdict: known(verdictSchema, "verdict of the newest capture that names a cause"),
  suppressed: count("suppressed captures"),
  captures: field(v.array(v.string()), "names of captures, oldest first"),
});

export const incidentsSchema = v.object({
  incidents: field(
    v.array(incidentSchema),
    "open incidents, newest first; `aod incidents` reads all from the history",
  ),
});

export type IncidentOfApi = v.InferOutput<typeof incidentSchema>;
