// Anomalies in, incidents and the wish for a capture out. Pure: time comes in as an argument, nothing is written.
//
//   anomalies     x x x        x  x                        x
//   incident      |-- open ------------|resolved           |-- open …
//                               resolve_after
//   capture       C                C                       C
//                 |-- cooldown --|
//
// A cooldown belongs to one rule on one share, and to one severity: a capture of something mild holds back neither
// something worse nor another rule.

import { type Anomaly, SEVERITY } from "../model/anomaly.ts";
import type { ClockPair } from "../model/capture.ts";
import type { Incident } from "../model/incident.ts";

export interface IncidentLimits {
  readonly captureCooldownMs: number;
  readonly resolveAfterMs: number;
}

export interface Observation {
  readonly incident: Incident;
  readonly opened: boolean;
  /** Of a worse kind than everything before in this incident. */
  readonly worsened: boolean;
  /** Make a capture now. */
  readonly capture: boolean;
  /** Captures of this rule and share that the cooldown held back since the last one that was made. */
  readonly suppressedBefore: number;
}

interface Track {
  incident: Incident | undefined;
  /** When the last capture of each severity was asked for, ns. */
  readonly capturedNs: Map<number, number>;
  suppressed: number;
}

/** Shares come from servers: the number of tracks is bounded, the quietest goes first. */
const TRACKS_MAX = 4096;

export class Incidents {
  #limits: IncidentLimits;
  readonly #tracks = new Map<string, Track>();
  readonly #usedIds = new Set<string>();
  #last: Incident | undefined;

  constructor(limits: IncidentLimits) {
    this.#limits = limits;
  }

  /** Applies from the next anomaly on; open incidents stay open. */
  configure(limits: IncidentLimits): void {
    this.#limits = limits;
  }

  /** Takes an anomaly; `now` is when the supervisor got it. */
  observe(anomaly: Anomaly, now: ClockPair): Observation {
    const track = this.#trackOf(`${anomaly.rule}\0${anomaly.share}`);
    const opened = track.incident === undefined;
    const before = track.incident ?? this.#open(anomaly, now);
    const capture = this.#wantsCapture(track, SEVERITY[anomaly.kind], now.monotonicNs);
    const suppressedBefore = track.suppressed;
    track.suppressed = capture ? 0 : track.suppressed + 1;
    if (capture) track.capturedNs.set(SEVERITY[anomaly.kind], now.monotonicNs);
    const worsened = SEVERITY[anomaly.kind] > SEVERITY[before.kind];
    const incident: Incident = {
      ...before,
      kind: worsened ? anomaly.kind : before.kind,
      lastNs: now.monotonicNs,
      count: before.count + anomaly.count,
      worstNs: Math.max(before.worstNs, anomaly.worstNs),
      suppressed: before.suppressed + (capture ? 0 : 1),
    };
    track.incident = incident;
    this.#last = incident;
    return { incident, opened, worsened, capture, suppressedBefore };
  }

  /** Notes a capture that was written for an incident, open or not. */
  captured(incidentId: string, name: string): void {
    for (const track of this.#tracks.values()) {
      if (track.incident?.id !== incidentId) continue;
      track.incident = { ...track.incident, captures: [...track.incident.captures, name] };
    }
    if (this.#last?.id === incidentId)
      this.#last = { ...this.#last, captures: [...this.#last.captures, name] };
  }

  /** Closes the incidents that have been quiet for long enough. */
  resolve(now: ClockPair): readonly Incident[] {
    const resolved: Incident[] = [];
    for (const track of this.#tracks.values()) {
      const { incident } = track;
      if (incident === undefined || now.monotonicNs < this.#quietNs(incident)) continue;
      track.incident = undefined;
      resolved.push({ ...incident, state: "resolved", resolvedAtMs: now.epochMs });
    }
    return resolved;
  }

  /** When `resolve` will have something to do at the earliest, ns of CLOCK_MONOTONIC; Infinity: nothing is open. */
  nextResolveNs(): number {
    return this.open().reduce((next, incident) => Math.min(next, this.#quietNs(incident)), Infinity);
  }

  open(): readonly Incident[] {
    return [...this.#tracks.values()].flatMap(({ incident }) => (incident === undefined ? [] : [incident]));
  }

  /** Captures that the janitor keeps whatever their size: the newest of each open incident and of the last one. */
  protectedNames(): readonly string[] {
    const keep = [...this.open(), ...(this.#last === undefined ? [] : [this.#last])];
    return [...new Set(keep.flatMap(({ captures }) => captures.slice(-1)))];
  }

  #wantsCapture(track: Track, severity: number, nowNs: number): boolean {
    const cooldownNs = this.#limits.captureCooldownMs * 1e6;
    return ![...track.capturedNs].some(([rank, atNs]) => rank >= severity && nowNs - atNs < cooldownNs);
  }

  #quietNs(incident: Incident): number {
    return incident.lastNs + this.#limits.resolveAfterMs * 1e6;
  }

  #open(anomaly: Anomaly, now: ClockPair): Incident {
    return {
      id: this.#makeId(now.epochMs),
      rule: anomaly.rule,
      ruleType: anomaly.ruleType,
      share: anomaly.share,
      state: "open",
      kind: anomaly.kind,
      openedAtMs: now.epochMs,
      resolvedAtMs: undefined,
      lastNs: now.monotonicNs,
      count: 0,
      worstNs: 0,
      captures: [],
      suppressed: 0,
    };
  }

  /** The time it opened; incidents of one millisecond are told apart by a number. */
  #makeId(epochMs: number): string {
    const time = new Date(epochMs).toISOString().replaceAll(/[-:]/g, "");
    let id = time;
    for (let n = 2; this.#usedIds.has(id); n++) id = `${time}-${n}`;
    if (this.#usedIds.size >= TRACKS_MAX) this.#usedIds.clear();
    this.#usedIds.add(id);
    return id;
  }

  /** Tracks stand in the order of their last anomaly: the first is the quietest. */
  #trackOf(key: string): Track {
    const track = this.#tracks.get(key) ?? { incident: undefined, capturedNs: new Map(), suppressed: 0 };
    this.#tracks.delete(key);
    this.#tracks.set(key, track);
    const [quietest] = this.#tracks.keys();
    if (this.#tracks.size > TRACKS_MAX && quietest !== undefined) this.#tracks.delete(quietest);
    return track;
  }
}
