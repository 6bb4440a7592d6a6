// What has happened since the start, for whoever asks how aod stands: what it is attached to, its last captures, incidents that
// are just over. In: events as they are told; out: plain data. Bounded; pure, time comes in as an argument.

import type { Attachment } from "../kernel/hooks.ts";
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
const RESOLVED_FOR_MS = 10 * 60_000;

export class RunRecord {
  readonly startedAtMs: number;
  /** Newest first. */
  readonly captures: RecordedCapture[] = [];
  /** On the disk, those of earlier runs as well. */
  kept = { count: 0, bytes: 0 };
  /** When it attached; undefined while it does not watch. */
  attachedAtMs: number | undefined;
  missingHooks: Attachment["missing"] = [];
  /** Newest first. */
  readonly #resolved: { readonly incident: Incident; readonly atMs: number }[] = [];

  constructor(startedAtMs: number) {
    this.startedAtMs = startedAtMs;
  }

  take(event: SupervisorEvent, nowMs: number): void {
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
        this.#resolved.unshift({ incident: event.incident, atMs: nowMs });
        this.#resolved.length = Math.min(this.#resolved.length, RESOLVED_MAX);
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

  keep(kept: { readonly count: number; readonly bytes: number }): void {
    this.kept = kept;
  }

  /** Those of the last minutes, newest first. */
  resolved(nowMs: number): readonly Incident[] {
    return this.#resolved.flatMap(({ incident, atMs }) =>
      nowMs - atMs <= RESOLVED_FOR_MS ? [incident] : [],
    );
  }
}
