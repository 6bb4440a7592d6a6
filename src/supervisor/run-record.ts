// What has happened since the start, for whoever asks how aod stands: what it is attached to, its last captures, incidents that
// are just over. In: events as they are told; out: plain data. Bounded; pure, time comes in as an argument.

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
  /** Undefined for one that somebody asked for. */
  readonly share: string | undefined;
  readonly bytes: number;
  readonly verdict: Verdict;
}

const CAPTURES_MAX = 5;
const RESOLVED_MAX = 20;
const RESOLVED_FOR_NS = 600e9;
/** Moments of resolving that are remembered: they are counted, not listed. */
const PAST_MAX = 1000;
const HOUR_NS = 3600e9;
const DAY_NS = 24 * HOUR_NS;

/** Incidents that are over. */
export interface PastIncidents {
  /** Those resolved within an hour, PAST_MAX at most. */
  readonly lastHour: number;
  /** Likewise within 24 h. */
  readonly lastDay: number;
  /** The one that was resolved last within 24 h; undefined for none. */
  readonly last: Incident | undefined;
}

export class RunRecord {
  readonly startedAtMs: number;
  /** Newest first. */
  readonly captures: RecordedCapture[] = [];
  /** On the disk, those of earlier runs as well. */
  stored = { count: 0, bytes: 0 };
  /** Why no capture is removed for its age at the moment; undefined where the clock is believed. */
  ageDoubt: string | undefined;
  /** When it attached; undefined while it does not watch. */
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

  /** Takes the incidents of earlier runs, oldest first: a restart is no reason to forget them. */
  restore(incidents: readonly Incident[], { epochMs, monotonicNs }: ClockPair): void {
    const over = incidents
      .filter(({ resolvedAtMs }) => resolvedAtMs !== undefined)
      .toSorted((a, b) => (a.resolvedAtMs ?? 0) - (b.resolvedAtMs ?? 0));
    for (const incident of over) {
      const agoMs = Math.max(0, epochMs - (incident.resolvedAtMs ?? epochMs));
      this.#notePast(incident, monotonicNs - agoMs * 1e6);
    }
  }

  /** What is over, of this run and of the earlier ones. */
  past({ monotonicNs }: ClockPair): PastIncidents {
    const within = (ns: number) => this.#pastNs.filter((atNs) => monotonicNs - atNs <= ns).length;
    const lastDay = within(DAY_NS);
    return { lastHour: within(HOUR_NS), lastDay, last: lastDay === 0 ? undefined : this.#lastPast };
  }

  noteStored(stored: { readonly count: number; readonly bytes: number }): void {
    this.stored = stored;
  }

  /** Those of the last minutes, newest first. Steps of the time of day do not matter. */
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
