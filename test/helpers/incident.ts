// Incidents for tests: an open one of ten slow requests, except for the parts that the test gives.

import type { Incident } from "../../src/model/incident.ts";
import { aRequest } from "./request.ts";

/** The time at which it opened. */
export const OPENED_AT_MS = Date.parse("2026-11-23T01:23:45.678Z");

export function anIncident(parts: Partial<Incident> = {}): Incident {
  return {
    id: "20261123T012345.678Z",
    rule: "slow",
    ruleType: "latency",
    share: "//files/db",
    server: "files",
    family: "availability",
    rules: ["slow"],
    shares: ["//files/db"],
    state: "open",
    kind: "slow",
    openedAtMs: OPENED_AT_MS,
    lastAtMs: OPENED_AT_MS + 1_500,
    resolvedAtMs: undefined,
    count: 10,
    worstNs: 51.25e6,
    worst: aRequest({ latencyMs: 51.25 }),
    attribution: undefined,
    signals: [],
    statuses: [],
    standing: undefined,
    hung: undefined,
    captures: [],
    verdict: undefined,
    suppressed: 0,
    ...parts,
  };
}
