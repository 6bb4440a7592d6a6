// Turns anomalies into incidents, and decides when a capture is due. Pure: time is an argument, nothing is written.
// CLOCK_MONOTONIC decides; the time of day is only recorded, since it may be set forward or back at any moment.
//
//   anomalies     x x x        x  x                        h h       (recovered)
//   hangs                                                  ===========
//   incident      |-- open ------------|resolved           |-- open -------------|resolved
//                               resolve_after                         resolve_after
//   capture       C                C                       C
//                 |-- cooldown --|
//
// An incident holds the reports of all rules on all shares of one server, within one family: one trouble is one
// incident. A cooldown belongs to one incident and one severity: a capture of a mild anomaly suppresses neither a worse
// one nor the next incident. An incident is not resolved by quiet while a request hangs: the quiet begins when none of
// its requests does.

import { type Anomaly, type Recovery, SEVERITY } from "../model/anomaly.ts";
import type { Attribution } from "../model/attribution.ts";
import type { CaptureOrder, CaptureSummary, ClockPair } from "../model/capture.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import { familyOf } from "../model/family.ts";
import type { EndedHang, Incident } from "../model/incident.ts";
import { ServerIndex } from "../model/server-identity.ts";
import type { KnownTree } from "../model/share.ts";
import type { SuppressionCause } from "./budget.ts";
import { ClosedIncidents } from "./closed-incidents.ts";
import { IncidentIds } from "./incident-ids.ts";
import { IncidentParts } from "./incident-parts.ts";
import {
  hasGrown,
  openIncident,
  resolved,
  withAnomaly,
  withAttribution,
  withCapture,
  withRecovery,
  withStanding,
} from "./incident-steps.ts";
import { type IncidentTrack, makeTrack, takeOverCooldowns } from "./incident-track.ts";
import { ServerTracks } from "./server-tracks.ts";

export interface IncidentLimits {
  readonly captureCooldownMs: number;
  readonly resolveAfterMs: number;
}

export interface Observation {
  readonly incident: Incident;
  readonly opened: boolean;
  /** The anomaly is of a worse kind than all earlier ones of this incident. */
  readonly worsened: boolean;
  /** The share of the anomaly is new in the incident, which was open before. */
  readonly joined: boolean;
  /** Not worse, but the count or the hang has at least doubled since the incident was last reported. */
  readonly grown: boolean;
  /** Make a capture now. */
  readonly capture: boolean;
  /** Why no capture is made; undefined if one is. */
  readonly suppressedBy: SuppressionCause | undefined;
  /** Captures of this server and family that were suppressed since the last one that was made. */
  readonly suppressedBefore: number;
  /** An incident that was resolved early, to make room for this one. */
  readonly displaced: Incident | undefined;
}

export interface Recovered {
  readonly incident: Incident;
  /** Undefined while something else of the incident hangs. */
  readonly ended: EndedHang | undefined;
}

type Captured = Pick<CaptureSummary, "incidentId" | "name" | "verdict">;
/** The facts about a capture that the runner has not finished. */
export type PendingCapture = Pick<CaptureOrder, "rule" | "scope" | "incidentId" | "suppressed">;

/** Pairs of server and family; each track has at most SHARES_MAX shares. The one with the oldest anomaly is evicted. */
const TRACKS_MAX = 1024;

export class Incidents {
  #limits: IncidentLimits;
  readonly #tracks = new ServerTracks<IncidentTrack>({
    max: TRACKS_MAX,
    make: makeTrack,
    isOccupied: ({ incident }) => incident !== undefined,
    absorb: takeOverCooldowns,
  });
  readonly #closed = new ClosedIncidents();
  readonly #ids = new IncidentIds();

  #trees: readonly KnownTree[] = [];
  #servers = new ServerIndex();

  constructor(limits: IncidentLimits) {
    this.#limits = limits;
  }

  /** The known trees of the client: they say which names belong to one server. */
  get trees(): readonly KnownTree[] {
    return this.#trees;
  }

  set trees(trees: readonly KnownTree[]) {
    this.#trees = trees;
    this.#servers = new ServerIndex(trees);
  }

  /** Applies from the next anomaly on; open incidents stay open. */
  configure(limits: IncidentLimits): void {
    this.#limits = limits;
  }

  /**
   * Continues the incidents of an earlier run, oldest first. Requests that hung then are considered ended.
   * @returns incidents that are resolved by this: of two of one server and family, the first. Either the line of its
   * end is missing, or that version of aod had an incident for each rule and share.
   */
  restore(incidents: readonly Incident[], now: ClockPair): readonly Incident[] {
    return incidents.flatMap((incident) => {
      this.#ids.use(incident.id);
      this.#closed.lastId = incident.id;
      if (incident.state === "resolved") {
        this.#closed.set(incident);
        return [];
      }
      const { name, address } = this.#servers.identify(incident.share);
      const identity = { name, address: address ?? incident.attribution?.address };
      const { value: track, displaced } = this.#tracks.use(identity, incident.family);
      const ended = [displaced && this.#end(displaced, now), this.#end(track, now)];
      track.incident = withStanding(incident, undefined, now);
      track.parts = new IncidentParts(incident.count);
      track.lastReported = track.incident;
      track.quietFromNs = now.monotonicNs;
      this.#restoreCooldown(track, incident, now);
      return ended.filter((one) => one !== undefined);
    });
  }

  /**
   * Takes an anomaly; `now` is when the supervisor received it.
   * @param take takes a capture that the cooldown allows from the budget; returns the cause if there is none left.
   */
  observe(
    anomaly: Anomaly,
    now: ClockPair,
    take: (isEscalation: boolean) => SuppressionCause | undefined = () => undefined,
  ): Observation {
    const identity = this.#servers.identify(anomaly.share);
    const { value: track, displaced } = this.#tracks.use(identity, familyOf(anomaly));
    const opened = track.incident === undefined;
    if (opened) track.parts = new IncidentParts();
    const before = track.incident ?? openIncident(this.#ids.make(now.epochMs), identity.name, anomaly, now);
    const severity = SEVERITY[anomaly.kind];
    const worsened = severity > SEVERITY[before.kind];
    const suppressedBefore = track.suppressed;
    // A new incident is captured regardless of the cooldown: it may have another cause.
    const isDue = opened || this.#wantsCapture(track, severity, now.monotonicNs);
    const suppressedBy = isDue ? take(worsened) : "cooldown";
    const capture = suppressedBy === undefined;
    track.suppressed = capture ? 0 : track.suppressed + 1;
    if (capture) track.capturedNs.set(severity, now.monotonicNs);
    track.parts.observe(anomaly);
    const suppressed = before.suppressed + (capture ? 0 : 1);
    const incident = { ...withAnomaly(before, anomaly, track.parts, now), suppressed };
    track.parts.endHang();
    const joined = !opened && incident.shares.length > before.shares.length;
    const grown = !opened && !worsened && hasGrown(track.lastReported ?? before, incident);
    if (opened || worsened || joined || grown) track.lastReported = incident;
    track.incident = incident;
    track.quietFromNs = now.monotonicNs;
    this.#closed.lastId = incident.id;
    const ended = displaced && this.#end(displaced, now);
    const news = { opened, worsened, joined, grown };
    return { incident, ...news, capture, suppressedBy, suppressedBefore, displaced: ended };
  }

  /** Sets the attribution of an open incident. @returns the incident; undefined if it is resolved. */
  attribute(incidentId: string, attribution: Attribution): Incident | undefined {
    const track = this.#openTrack(incidentId);
    if (track?.incident === undefined) return undefined;
    track.incident = withAttribution(track.incident, attribution);
    return track.incident;
  }

  /**
   * Nothing hangs any more for a rule and share.
   * @returns its incident, with the ended hang if nothing of the incident hangs any more.
   */
  recover(recovery: Recovery, now: ClockPair): Recovered | undefined {
    // A hang belongs to the family `availability`, and so does its recovery.
    const track = this.#tracks.find(this.#servers.identify(recovery.share), "availability");
    if (track?.incident === undefined || !track.parts.recover(recovery)) return undefined;
    track.incident = withRecovery(track.incident, recovery, track.parts, now);
    const ended = track.parts.endHang();
    // While another share hangs, growth is still measured against the last report.
    if (ended !== undefined) track.lastReported = track.incident;
    track.quietFromNs = now.monotonicNs;
    return { incident: track.incident, ended };
  }

  /** Considers the hangs of these rules as ended: no detector is left that would report their end. */
  endStanding(now: ClockPair, isMeant: (rule: string) => boolean = () => true): void {
    for (const track of this.#tracks.values()) {
      if (track.incident === undefined || !track.parts.release(isMeant)) continue;
      track.incident = withStanding(track.incident, track.parts.standing, now);
      track.parts.endHang();
      track.quietFromNs = now.monotonicNs;
    }
  }

  /** Adds a written capture to its incident. @returns the incident, also if it was resolved recently. */
  captured({ incidentId, name, verdict }: Captured): Incident | undefined {
    if (incidentId === undefined) return undefined;
    const track = this.#openTrack(incidentId);
    if (track?.incident !== undefined) {
      track.incident = withCapture(track.incident, name, verdict);
      return track.incident;
    }
    const closed = this.#closed.get(incidentId);
    if (closed !== undefined) this.#closed.set(withCapture(closed, name, verdict));
    return this.#closed.get(incidentId);
  }

  /** A capture was dropped: the next one reports it, with those that this one would have reported. */
  dropped({ scope, incidentId, suppressed }: PendingCapture): void {
    if (scope === undefined) return;
    const identity = { name: scope.server, address: undefined };
    const track = this.#openTrack(incidentId) ?? this.#tracks.find(identity, scope.family);
    if (track === undefined) return;
    track.suppressed += suppressed + 1;
    const { incident } = track;
    if (incident === undefined || incident.id !== incidentId) return;
    track.incident = { ...incident, suppressed: incident.suppressed + 1 };
  }

  /** Closes the incidents that have been quiet for long enough. */
  resolve(now: ClockPair): readonly Incident[] {
    return this.#tracks.values().flatMap((track) => {
      const ended = now.monotonicNs < this.#resolveNs(track) ? undefined : this.#end(track, now);
      return ended === undefined ? [] : [ended];
    });
  }

  /** The next time at which `resolve` may resolve an incident, ns of CLOCK_MONOTONIC; Infinity: not by quiet alone. */
  nextResolveNs(): number {
    return this.#tracks.values().reduce((next, track) => Math.min(next, this.#resolveNs(track)), Infinity);
  }

  open(): readonly Incident[] {
    return [...this.#tracks.values()].flatMap(({ incident }) => (incident === undefined ? [] : [incident]));
  }

  /** Captures that the janitor never deletes for size: the newest of each open incident and of the last one. */
  protectedNames(): readonly string[] {
    const { last } = this.#closed;
    const keep = [...this.open(), ...(last === undefined ? [] : [last])];
    return [...new Set(keep.flatMap(({ captures }) => captures.slice(-1)))];
  }

  // --- internal ---

  #openTrack(incidentId: string | undefined): IncidentTrack | undefined {
    return this.#tracks.values().find(({ incident }) => incident !== undefined && incident.id === incidentId);
  }

  #resolveNs({ incident, quietFromNs }: IncidentTrack): number {
    const lasts = incident === undefined || incident.standing !== undefined;
    return lasts ? Infinity : quietFromNs + this.#limits.resolveAfterMs * 1e6;
  }

  #wantsCapture(track: IncidentTrack, severity: number, nowNs: number): boolean {
    const cooldownNs = this.#limits.captureCooldownMs * 1e6;
    return ![...track.capturedNs].some(([rank, atNs]) => rank >= severity && nowNs - atNs < cooldownNs);
  }

  /** So a daemon that restarts again and again makes no more captures than one that does not. */
  #restoreCooldown(track: IncidentTrack, { kind, captures }: Incident, now: ClockPair): void {
    const newest = parseCaptureName(captures.at(-1) ?? "");
    if (newest === undefined) return;
    const agoMs = now.epochMs - newest.epochMs;
    if (agoMs >= 0) track.capturedNs.set(SEVERITY[kind], now.monotonicNs - agoMs * 1e6);
  }

  /** Closes a track's incident, if it has one. */
  #end(track: IncidentTrack, now: ClockPair): Incident | undefined {
    const { incident } = track;
    if (incident === undefined) return undefined;
    track.incident = undefined;
    const closed = resolved(incident, now);
    this.#closed.set(closed);
    return closed;
  }
}
