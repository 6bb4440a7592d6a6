// Anomalies in, incidents and the wish for a capture out. Pure: time comes in as an argument, nothing is written.
// CLOCK_MONOTONIC decides; the time of day is only noted, for it may be set forward or back at any moment.
//
//   anomalies     x x x        x  x                        h h       (recovered)
//   hangs                                                  ===========
//   incident      |-- open ------------|resolved           |-- open -------------|resolved
//                               resolve_after                         resolve_after
//   capture       C                C                       C
//                 |-- cooldown --|
//
// A cooldown belongs to one rule on one share, and to one severity: a capture of something mild holds back neither
// something worse nor another rule. Quiet resolves nothing while something hangs: it begins when nothing does.

import { type Anomaly, type Recovery, SEVERITY } from "../model/anomaly.ts";
import type { Attribution } from "../model/attribution.ts";
import type { CaptureOrder, CaptureSummary, ClockPair } from "../model/capture.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import type { Incident } from "../model/incident.ts";
import type { SuppressionCause } from "./budget.ts";
import {
  hasGrown,
  openIncident,
  resolved,
  withAnomaly,
  withAttribution,
  withCapture,
  withoutStanding,
  withRecovery,
} from "./incident-steps.ts";

export interface IncidentLimits {
  readonly captureCooldownMs: number;
  readonly resolveAfterMs: number;
}

export interface Observation {
  readonly incident: Incident;
  readonly opened: boolean;
  /** Of a worse kind than everything before in this incident. */
  readonly worsened: boolean;
  /** Not worse, but what counted or what hangs is at least twice what it was when last something was said of it. */
  readonly grown: boolean;
  /** Make a capture now. */
  readonly capture: boolean;
  /** Why none is made; undefined where one is. */
  readonly suppressedBy: SuppressionCause | undefined;
  /** Captures of this rule and share that were held back since the last one that was made. */
  readonly suppressedBefore: number;
  /** Resolved before its time, to make room for this one. */
  readonly displaced: Incident | undefined;
}

type Captured = Pick<CaptureSummary, "incidentId" | "name" | "verdict">;
/** What is to be known of a capture that was asked for. */
export type Asked = Pick<CaptureOrder, "rule" | "share" | "incidentId" | "suppressed">;

interface Track {
  incident: Incident | undefined;
  /** The incident as it was when last something was said of it. */
  said: Incident | undefined;
  /** When the last anomaly came, or what hung had ended, ns. */
  quietFromNs: number;
  /** When the last capture of each severity was asked for, ns. */
  readonly capturedNs: Map<number, number>;
  suppressed: number;
}

/** Shares come from servers: the number of tracks is bounded, the quietest goes first. */
const TRACKS_MAX = 4096;
const IDS_MAX = 8192;
/** Captures may be complete only when their incident is over. */
const CLOSED_MAX = 64;

export class Incidents {
  #limits: IncidentLimits;
  /** In the order of their last anomaly: the first is the quietest. */
  readonly #tracks = new Map<string, Track>();
  readonly #closed = new Map<string, Incident>();
  readonly #usedIds = new Set<string>();
  #lastId: string | undefined;

  constructor(limits: IncidentLimits) {
    this.#limits = limits;
  }

  /** Applies from the next anomaly on; open incidents stay open. */
  configure(limits: IncidentLimits): void {
    this.#limits = limits;
  }

  /**
   * Goes on with the incidents of an earlier run, oldest first. What hung then is taken as ended now.
   * @returns those that are resolved by this: two of one rule and share, because a word of the first one's end is missing.
   */
  restore(incidents: readonly Incident[], now: ClockPair): readonly Incident[] {
    return incidents.flatMap((incident) => {
      this.#use(incident.id);
      this.#lastId = incident.id;
      if (incident.state === "resolved") {
        this.#remember(incident);
        return [];
      }
      const { track, displaced } = this.#trackOf(keyOf(incident), now);
      const ended = [displaced, track.incident && this.#close(track.incident, now)];
      track.incident = withoutStanding(incident);
      track.said = track.incident;
      track.quietFromNs = now.monotonicNs;
      this.#restoreCooldown(track, incident, now);
      return ended.filter((one) => one !== undefined);
    });
  }

  /**
   * Takes an anomaly; `now` is when the supervisor got it.
   * @param take asks for a capture that the cooldown allows; says what else stands against it.
   */
  observe(
    anomaly: Anomaly,
    now: ClockPair,
    take: (isEscalation: boolean) => SuppressionCause | undefined = () => undefined,
  ): Observation {
    const { track, displaced } = this.#trackOf(keyOf(anomaly), now);
    const opened = track.incident === undefined;
    const before = track.incident ?? openIncident(this.#makeId(now.epochMs), anomaly, now);
    const severity = SEVERITY[anomaly.kind];
    const worsened = severity > SEVERITY[before.kind];
    const isDue = this.#wantsCapture(track, severity, now.monotonicNs);
    const suppressedBy = isDue ? take(worsened) : "cooldown";
    const capture = suppressedBy === undefined;
    const suppressedBefore = track.suppressed;
    track.suppressed = capture ? 0 : track.suppressed + 1;
    if (capture) track.capturedNs.set(severity, now.monotonicNs);
    const suppressed = before.suppressed + (capture ? 0 : 1);
    const incident = { ...withAnomaly(before, anomaly, now), suppressed };
    const grown = !opened && !worsened && hasGrown(track.said ?? before, incident);
    if (opened || worsened || grown) track.said = incident;
    track.incident = incident;
    track.quietFromNs = now.monotonicNs;
    this.#lastId = incident.id;
    return { incident, opened, worsened, grown, capture, suppressedBy, suppressedBefore, displaced };
  }

  /** Notes whose trouble an open incident is. @returns it; undefined where it is over. */
  attribute(incidentId: string, attribution: Attribution): Incident | undefined {
    const track = this.#openTrack(incidentId);
    if (track?.incident === undefined) return undefined;
    track.incident = withAttribution(track.incident, attribution);
    return track.incident;
  }

  /** Nothing hangs any more for a rule and share. @returns the incident that this is part of. */
  recover(recovery: Recovery, now: ClockPair): Incident | undefined {
    const track = this.#tracks.get(keyOf(recovery));
    if (track?.incident === undefined) return undefined;
    track.incident = withRecovery(track.incident, recovery, now);
    track.said = track.incident;
    track.quietFromNs = now.monotonicNs;
    return track.incident;
  }

  /** Whatever hangs in these incidents is taken as ended now: who would say so is not there any more. */
  endStanding(now: ClockPair, isMeant: (incident: Incident) => boolean = () => true): void {
    for (const track of this.#tracks.values()) {
      if (track.incident?.standing === undefined || !isMeant(track.incident)) continue;
      track.incident = withoutStanding(track.incident);
      track.quietFromNs = now.monotonicNs;
    }
  }

  /** Notes a capture that was written for an incident. @returns it, also where it is over since a short while. */
  captured({ incidentId, name, verdict }: Captured): Incident | undefined {
    if (incidentId === undefined) return undefined;
    const track = this.#openTrack(incidentId);
    if (track?.incident !== undefined) {
      track.incident = withCapture(track.incident, name, verdict);
      return track.incident;
    }
    const closed = this.#closed.get(incidentId);
    if (closed !== undefined) this.#closed.set(incidentId, withCapture(closed, name, verdict));
    return this.#closed.get(incidentId);
  }

  /** A capture that was asked for did not come: the next one says it, with those that this one was to say. */
  dropped({ rule, share, incidentId, suppressed }: Asked): void {
    const track = this.#tracks.get(keyOf({ rule, share }));
    if (track === undefined) return;
    track.suppressed += suppressed + 1;
    const { incident } = track;
    if (incident === undefined || incident.id !== incidentId) return;
    track.incident = { ...incident, suppressed: incident.suppressed + 1 };
  }

  /** Closes the incidents that have been quiet for long enough. */
  resolve(now: ClockPair): readonly Incident[] {
    return [...this.#tracks.values()].flatMap((track) => {
      const { incident } = track;
      if (incident === undefined || now.monotonicNs < this.#resolveNs(track)) return [];
      track.incident = undefined;
      return [this.#close(incident, now)];
    });
  }

  /** When `resolve` will have something to do at the earliest, ns of CLOCK_MONOTONIC; Infinity: not by quiet alone. */
  nextResolveNs(): number {
    return this.#tracks.values().reduce((next, track) => Math.min(next, this.#resolveNs(track)), Infinity);
  }

  open(): readonly Incident[] {
    return [...this.#tracks.values()].flatMap(({ incident }) => (incident === undefined ? [] : [incident]));
  }

  /** Captures that the janitor keeps whatever their size: the newest of each open incident and of the last one. */
  protectedNames(): readonly string[] {
    const last = this.#lastId === undefined ? undefined : this.#closed.get(this.#lastId);
    const keep = [...this.open(), ...(last === undefined ? [] : [last])];
    return [...new Set(keep.flatMap(({ captures }) => captures.slice(-1)))];
  }

  // --- internal ---

  #openTrack(incidentId: string): Track | undefined {
    return this.#tracks.values().find(({ incident }) => incident?.id === incidentId);
  }

  #resolveNs({ incident, quietFromNs }: Track): number {
    const lasts = incident === undefined || incident.standing !== undefined;
    return lasts ? Infinity : quietFromNs + this.#limits.resolveAfterMs * 1e6;
  }

  #wantsCapture(track: Track, severity: number, nowNs: number): boolean {
    const cooldownNs = this.#limits.captureCooldownMs * 1e6;
    return ![...track.capturedNs].some(([rank, atNs]) => rank >= severity && nowNs - atNs < cooldownNs);
  }

  /** A daemon that is started again and again makes no more captures than one that is not. */
  #restoreCooldown(track: Track, { kind, captures }: Incident, now: ClockPair): void {
    const newest = parseCaptureName(captures.at(-1) ?? "");
    if (newest === undefined) return;
    const agoMs = now.epochMs - newest.epochMs;
    if (agoMs >= 0) track.capturedNs.set(SEVERITY[kind], now.monotonicNs - agoMs * 1e6);
  }

  #close(incident: Incident, now: ClockPair): Incident {
    const closed = resolved(incident, now);
    this.#remember(closed);
    return closed;
  }

  #remember(closed: Incident): void {
    this.#closed.set(closed.id, closed);
    for (const id of this.#closed.keys()) {
      if (this.#closed.size <= CLOSED_MAX) return;
      if (id !== this.#lastId) this.#closed.delete(id);
    }
  }

  /** The time it opened; incidents of one millisecond are told apart by a number. */
  #makeId(epochMs: number): string {
    const time = new Date(epochMs).toISOString().replaceAll(/[-:]/g, "");
    let id = time;
    for (let n = 2; this.#usedIds.has(id); n++) id = `${time}-${n}`;
    this.#use(id);
    return id;
  }

  #use(id: string): void {
    this.#usedIds.add(id);
    const [oldest] = this.#usedIds;
    if (this.#usedIds.size > IDS_MAX && oldest !== undefined) this.#usedIds.delete(oldest);
  }

  #trackOf(key: string, now: ClockPair): { readonly track: Track; readonly displaced: Incident | undefined } {
    const known = this.#tracks.get(key);
    const displaced = known === undefined ? this.#makeRoom(now) : undefined;
    const track: Track = known ?? {
      ...{ incident: undefined, said: undefined, quietFromNs: now.monotonicNs },
      ...{ capturedNs: new Map(), suppressed: 0 },
    };
    this.#tracks.delete(key);
    this.#tracks.set(key, track);
    return { track, displaced };
  }

  /** A track without an incident goes first: all that is lost with it is a cooldown. */
  #makeRoom(now: ClockPair): Incident | undefined {
    if (this.#tracks.size < TRACKS_MAX) return undefined;
    const [quietest] = this.#tracks.keys();
    const idle = this.#tracks.entries().find(([, { incident }]) => incident === undefined)?.[0];
    const key = idle ?? quietest ?? "";
    const incident = this.#tracks.get(key)?.incident;
    this.#tracks.delete(key);
    return incident && this.#close(incident, now);
  }
}

function keyOf({ rule, share }: { readonly rule: string; readonly share: string }): string {
  return `${rule}\0${share}`;
}
