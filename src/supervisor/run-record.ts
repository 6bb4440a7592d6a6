// The record of this run for status and live figures: the attachment, the last captures, recently resolved incidents.
// Bounded; pure: time is an argument.

import type { Attachment } from "../kernel/hooks.ts";
import type { ClockPair } from "../model/capture.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import type { Incident } from "../model/incident.ts";
import type { Verdict } from "../model/verdict.ts";
import type { SupervisorEvent } from "./events.ts";

export interface RecordedCapture {
  readonly name: string;
  /** When the request table was frozen, ms since 1970 UTC. */
  readonly takenAtMs: number;
  readonly rule: string;
  /** Undefined for a capture on demand. */
  readonly share: string | undefined;
  readonly bytes: number;
  readonly verdict: Verdict;
}

const CAPTURES_MAX = 5;
const RESOLVED_MAX = 20;
const RESOLVED_FOR_NS = 600e9;
/** Most times of resolved incidents: they are counted, not listed. */
const PAST_MAX = 1000;
const HOUR_NS = 3600e9;
const DAY_NS = 24 * HOUR_NS;

/** Counts of resolved incidents. */
export interface PastIncidents {
  /** Resolved within an hour, PAST_MAX at most. */
  readonly lastHour: number;
  /** Resolved within 24 h, PAST_MAX at most. */
  readonly lastDay: number;
  /** The incident that was resolved last within 24 h; undefined for none. */
  readonly last: Incident | undefined;
}

export class RunRecord {
  readonly startedAtMs: number;
  /** Newest first. */
  readonly captures: RecordedCapture[] = [];
  /** All captures on the disk, including those of earlier runs. */
  stored = { count: 0, bytes: 0 };
  /** Why no capture is removed for its age at the moment; undefined while the clock is trusted. */
  ageDoubt: string | undefined;
  /** When aod attached; undefined while it is not attached. */
  attachedAtMs: number | undefined;
  missingHooks: Attachment["missing"] = [];
  /** Newest first. */
  readonly #resolved: { readonly incident: Incident; readonly atNs: number }[] = [];

  /** When incidents were resolved, ns of CLOCK_MONOTONIC, newest first. */
  readonly #pastNs: number[] = [];
  #lastPast: Incident | undefined;

  constructor(startedAtMs: number) {
    this.startedAtMs = startedAtMs;
  }

  take(event: SupervisorEvent, { epochMs: nowMs, monotonicNs }: ClockPair): void {
    switch (event.type) {
      case "attached":
        this.attachedAtMs = nowMs;
        this.missingHooks = event.missing;
        break;
      case "waiting":
      case "released":
        this.attachedAtMs = undefined;
        break;
      case "resolved":
        this.#resolved.unshift({ incident: event.incident, atNs: monotonicNs });
        this.#resolved.length = Math.min(this.#resolved.length, RESOLVED_MAX);
        this.#notePast(event.incident, monotonicNs);
        break;
      case "collected": {
        const { name, bytes, verdict } = event.capture;
        const { epochMs = nowMs, rule = "" } = parseCaptureName(name) ?? {};
        const share = event.incident?.share;
        this.captures.unshift({ name, takenAtMs: epochMs, rule, share, bytes, verdict });
        this.captures.length = Math.min(this.captures.length, CAPTURES_MAX);
        break;
      }
      default:
    }
  }

  /** Takes the incidents of earlier runs, oldest first, so that the counts survive a restart. */
  restore(incidents: readonly Incident[], { epochMs, monotonicNs }: ClockPair): void {
    const over = incidents
      .filter(({ resolvedAtMs }) => resolvedAtMs !== undefined)
      .toSorted((a, b) => (a.resolvedAtMs ?? 0) - (b.resolvedAtMs ?? 0));
    for (const incident of over) {
      const agoMs = Math.max(0, epochMs - (incident.resolvedAtMs ?? epochMs));
      this.#notePast(incident, monotonicNs - agoMs * 1e6);
    }
  }

  /** Resolved incidents of this run and of earlier ones. */
  past({ monotonicNs }: ClockPair): PastIncidents {
    const within = (ns: number) => this.#pastNs.filter((atNs) => monotonicNs - atNs <= ns).length;
    const lastDay = within(DAY_NS);
    return { lastHour: within(HOUR_NS), lastDay, last: lastDay === 0 ? undefined : this.#lastPast };
  }

  noteStored(stored: { readonly count: number; readonly bytes: number }): void {
    this.stored = stored;
  }

  /** Incidents resolved within the last ten minutes of CLOCK_MONOTONIC, newest first. */
  resolved({ monotonicNs }: ClockPair): readonly Incident[] {
    return this.#resolved.flatMap(({ incident, atNs }) =>
      monotonicNs - atNs <= RESOLVED_FOR_NS ? [incident] : [],
    );
  }

  #notePast(incident: Incident, atNs: number): void {
    this.#pastNs.unshift(atNs);
    this.#pastNs.length = Math.min(this.#pastNs.length, PAST_MAX);
    this.#lastPast = incident;
  }
}
