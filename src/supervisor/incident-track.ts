// The state of one server and one family: the open incident, if there is one, and the cooldowns, which outlast it.
// Plain data; incidents.ts decides.

import type { Incident } from "../model/incident.ts";
import { IncidentParts } from "./incident-parts.ts";

/** The state of one server and one family. */
export interface IncidentTrack {
  incident: Incident | undefined;
  /** The reports of each rule on each share of the incident. */
  parts: IncidentParts;
  /** The incident as it was when it was last reported. */
  lastReported: Incident | undefined;
  /** When the last anomaly arrived or the last hang ended, ns. */
  quietFromNs: number;
  /** When the last capture of each severity was ordered, ns. */
  readonly capturedNs: Map<number, number>;
  suppressed: number;
}

/** A track without an incident. */
export function makeTrack(): IncidentTrack {
  return {
    incident: undefined,
    parts: new IncidentParts(),
    lastReported: undefined,
    quietFromNs: Number.NEGATIVE_INFINITY,
    capturedNs: new Map(),
    suppressed: 0,
  };
}

/** Merges the cooldowns of a track without an incident into another one. */
export function takeOverCooldowns(into: IncidentTrack, from: IncidentTrack): void {
  for (const [severity, atNs] of from.capturedNs)
    into.capturedNs.set(severity, Math.max(atNs, into.capturedNs.get(severity) ?? atNs));
  into.suppressed += from.suppressed;
  from.suppressed = 0;
}
