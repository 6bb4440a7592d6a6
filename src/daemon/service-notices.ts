// What systemd is told of the daemon: that it is ready, reloads, ends, lives, and in a line of plain words what it is at.
// In: the supervisor's events, reloads, whether all threads answer; out: assignments for sd_notify. Decides nothing else.

import type { Incident } from "../model/incident.ts";
import { TROUBLE_TEXT, type TroubleSubject } from "../model/trouble.ts";
import type { SupervisorEvent } from "../supervisor/events.ts";
import { monotonicNs } from "../system/clock.ts";
import type { ServiceManager } from "./service-manager.ts";

export interface ServiceOptions {
  readonly manager: ServiceManager;
  readonly openIncidents: () => readonly Incident[];
  /** Whether every thread answers when it is asked. */
  readonly answers: () => boolean;
}

/** One that comes late is no reason to be killed. */
const BEATS_IN_WATCHDOG = 3;

type Phase = "starting" | "waiting" | "released" | "attached" | "stopping";

const PHASE_TEXT: Readonly<Record<Phase, string>> = {
  starting: "starting",
  waiting: "waiting for the kernel module cifs: it attaches when a share is mounted",
  released: "no cifs mount left: waiting for the next one",
  attached: "watching every SMB request of the kernel's client",
  stopping: "stopping",
};

/** How often threads are asked, so that what is known of them is no older than a watchdog's third; undefined: as ever. */
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
  #said: string | undefined;
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
        // While there is no detector nothing is seen; what the others do waits for them.
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
    // Without cifs it waits, and that is what it is there for: ready.
    if (!this.#isReady && (event.type === "waiting" || event.type === "attached")) this.#begin();
    else if (event.type === "stopping") this.#say({ STOPPING: 1 });
    else this.#say();
  }

  /** Around a reload. @returns takes why the file was refused; undefined where it was applied. */
  reloading(): (refusal: string | undefined) => void {
    // systemd takes the READY=1 that follows for that of the start.
    if (!this.#isReady) return (refusal) => this.#reloaded(refusal);
    this.#options.manager.send({ RELOADING: 1, MONOTONIC_USEC: Math.floor(monotonicNs() / 1000) });
    return (refusal) => this.#reloaded(refusal, { READY: 1 });
  }

  // --- internal ---

  #begin(): void {
    this.#isReady = true;
    this.#say({ READY: 1 });
    const { watchdogMs } = this.#options.manager;
    if (watchdogMs === undefined) return;
    this.#beat = setInterval(() => {
      if (this.#options.answers()) this.#options.manager.send({ WATCHDOG: 1 });
    }, watchdogMs / BEATS_IN_WATCHDOG);
  }

  #reloaded(refusal: string | undefined, state: { READY?: number } = {}): void {
    this.#refusal = refusal;
    this.#say(state);
  }

  /** What has changed, and nothing where nothing has. */
  #say(state: Readonly<Record<string, number>> = {}): void {
    const STATUS = this.#status();
    const isNews = STATUS !== this.#said;
    if (!isNews && Object.keys(state).length === 0) return;
    this.#said = STATUS;
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

/** How many, and the one that has been open longest. */
function openText(incidents: readonly Incident[]): string {
  const [first, ...others] = incidents.toSorted((a, b) => a.openedAtMs - b.openedAtMs);
  if (first === undefined) return "no open incidents";
  const since = new Date(first.openedAtMs).toISOString().slice(0, 19);
  const one = `${first.rule} on ${first.share} since ${since}Z`;
  return others.length === 0
    ? `1 open incident: ${one}`
    : `${1 + others.length} open incidents, the oldest ${one}`;
}
