// What is known of one server and one family: its open incident, if there is one, and its cooldowns, which outlast it. Plain
// state; incidents.ts decides.

import type { Incident } from "../model/incident.ts";
import { IncidentParts } from "./incident-parts.ts";

/** Of one server and one family. */
export interface IncidentTrack {
  incident: Incident | undefined;
  /** Of the incident: what each rule has reported of each share. */
  parts: IncidentParts;
  /** The incident as it was when last something was said of it. */
  said: Incident | undefined;
  /** When the last anomaly came, or what hung had ended, ns. */
  quietFromNs: number;
  /** When the last capture of each severity was asked for, ns. */
  readonly capturedNs: Map<number, number>;
  suppressed: number;
}

/** Without an incident. */
export function makeTrack(): IncidentTrack {
  return {
    incident: undefined,
    parts: new IncidentParts(),
    said: undefined,
    quietFromNs: Number.NEGATIVE_INFINITY,
    capturedNs: new Map(),
    suppressed: 0,
  };
}

/** What a track holds when it has no incident. */
export function takeOverCooldowns(into: IncidentTrack, from: IncidentTrack): void {
  for (const [severity, atNs] of from.capturedNs)
    into.capturedNs.set(severity, Math.max(atNs, into.capturedNs.get(severity) ?? atNs));
  into.suppressed += from.suppressed;
  from.suppressed = 0;
}
