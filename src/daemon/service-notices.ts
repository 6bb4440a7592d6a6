// Notifies systemd about the daemon: ready, reloading, stopping, alive, and its status in one line. It makes the
// assignments for sd_notify from events, reloads and the answers of threads, and decides nothing else.

import type { Incident } from "../model/incident.ts";
import { TROUBLE_TEXT, type TroubleSubject } from "../model/trouble.ts";
import type { SupervisorEvent } from "../supervisor/events.ts";
import { monotonicNs } from "../system/clock.ts";
import type { ServiceManager } from "./service-manager.ts";

export interface ServiceOptions {
  readonly manager: ServiceManager;
  readonly openIncidents: () => readonly Incident[];
  /** Whether every thread answers its pings. */
  readonly answers: () => boolean;
}

/** Several beats in one watchdog interval: a late one must not get aod killed. */
const BEATS_IN_WATCHDOG = 3;

type Phase = "starting" | "waiting" | "released" | "attached" | "stopping";

const PHASE_TEXT: Readonly<Record<Phase, string>> = {
  starting: "starting",
  waiting: "waiting for the kernel module cifs: it attaches when a share is mounted",
  released: "no cifs mount left: waiting for the next one",
  attached: "watching every SMB request of the kernel's client",
  stopping: "stopping",
};

/**
 * Interval of pings, so that the last answers are no older than a third of the watchdog interval; undefined: the
 * default.
 */
export function pingEveryMs(watchdogMs: number | undefined): number | undefined {
  return watchdogMs === undefined ? undefined : Math.min(10_000, watchdogMs / (2 * BEATS_IN_WATCHDOG));
}

export class ServiceNotices {
  readonly #options: ServiceOptions;
  #phase: Phase = "starting";
  #rules = 0;
  #trouble: string | undefined;
  /** Troubles with what aod depends on, by subject. */
  readonly #lasting = new Map<TroubleSubject, string>();
  #refusal: string | undefined;
  #isReady = false;
  #lastStatus: string | undefined;
  #beat: ReturnType<typeof setInterval> | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  take(event: SupervisorEvent): void {
    switch (event.type) {
      case "configured":
        this.#rules = event.config.rules.length;
        break;
      case "waiting":
      case "attached":
      case "released":
        this.#phase = event.type;
        break;
      case "restarting":
        // Without a detector no request is seen; the work of other threads waits for their restart.
        if (event.thread === "detector") this.#trouble = "the detector failed and is restarting";
        break;
      case "watching":
        this.#trouble = undefined;
        break;
      case "fatal":
        this.#trouble = `cannot continue: ${event.failure.message}`;
        break;
      case "trouble": {
        const { subject, text, overAtMs } = event.trouble;
        if (overAtMs === undefined) this.#lasting.set(subject, text);
        else this.#lasting.delete(subject);
        break;
      }
      case "stopping":
        this.#phase = "stopping";
        break;
      case "stopped":
        clearInterval(this.#beat);
        break;
    }
    // A daemon that waits for cifs is ready: waiting is its job then.
    if (!this.#isReady && (event.type === "waiting" || event.type === "attached")) this.#begin();
    else if (event.type === "stopping") this.#send({ STOPPING: 1 });
    else this.#send();
  }

  /** Begins a reload. @returns ends it; takes the refusal, undefined if the file was applied. */
  reloading(): (refusal: string | undefined) => void {
    // systemd would take the READY=1 of the reload for the one of the start.
    if (!this.#isReady) return (refusal) => this.#reloaded(refusal);
    this.#options.manager.send({ RELOADING: 1, MONOTONIC_USEC: Math.floor(monotonicNs() / 1000) });
    return (refusal) => this.#reloaded(refusal, { READY: 1 });
  }

  // --- internal ---

  #begin(): void {
    this.#isReady = true;
    this.#send({ READY: 1 });
    const { watchdogMs } = this.#options.manager;
    if (watchdogMs === undefined) return;
    this.#beat = setInterval(() => {
      if (this.#options.answers()) this.#options.manager.send({ WATCHDOG: 1 });
    }, watchdogMs / BEATS_IN_WATCHDOG);
  }

  #reloaded(refusal: string | undefined, state: { READY?: number } = {}): void {
    this.#refusal = refusal;
    this.#send(state);
  }

  /** Sends the state, with the status if that has changed; nothing if there is no news. */
  #send(state: Readonly<Record<string, number>> = {}): void {
    const STATUS = this.#status();
    const isNews = STATUS !== this.#lastStatus;
    if (!isNews && Object.keys(state).length === 0) return;
    this.#lastStatus = STATUS;
    this.#options.manager.send(isNews ? { ...state, STATUS } : state);
  }

  #status(): string {
    const parts = [this.#trouble ?? PHASE_TEXT[this.#phase]];
    if (this.#phase !== "stopping" && this.#isReady) {
      parts.push(
        `${this.#rules} rule${this.#rules === 1 ? "" : "s"}`,
        openText(this.#options.openIncidents()),
      );
      for (const [subject, text] of this.#lasting) parts.push(`${TROUBLE_TEXT[subject]}: ${text}`);
      if (this.#refusal !== undefined) parts.push(`the last reload was refused: ${this.#refusal}`);
    }
    return parts.join("; ");
  }
}

/** The number of open incidents, and the one that has been open longest. */
function openText(incidents: readonly Incident[]): string {
  const [first, ...others] = incidents.toSorted((a, b) => a.openedAtMs - b.openedAtMs);
  if (first === undefined) return "no open incidents";
  const since = new Date(first.openedAtMs).toISOString().slice(0, 19);
  const one = `${first.rule} on ${first.share} since ${since}Z`;
  return others.length === 0
    ? `1 open incident: ${one}`
    : `${1 + others.length} open incidents, the oldest ${one}`;
}
