// The troubles of this run, from the findings of checks: those that last, and those that ended within the last hour.
// Publishes an event for each change; the list is for status, metrics and doctor. Pure but for the events. It repairs
// nothing.

import type { ClockPair } from "../model/capture.ts";
import {
  TROUBLE_SUBJECTS,
  type Trouble,
  type TroubleFinding,
  type TroubleSubject,
} from "../model/trouble.ts";
import type { SupervisorEvent } from "./events.ts";

/** How long an ended trouble is shown, by CLOCK_MONOTONIC: the time of day may be the trouble itself. */
const SHOWN_AFTER_NS = 3600e9;

interface Entry {
  readonly trouble: Trouble;
  /** When it ended, ns of CLOCK_MONOTONIC. */
  readonly overAtNs: number | undefined;
}

export class Troubles {
  readonly #entries = new Map<TroubleSubject, Entry>();
  readonly #counts = new Map<TroubleSubject, number>();
  readonly #publish: (event: SupervisorEvent) => void;
  readonly #now: () => ClockPair;

  constructor(publish: (event: SupervisorEvent) => void, now: () => ClockPair) {
    this.#publish = publish;
    this.#now = now;
  }

  /** Notes the finding of a check; undefined: no trouble. Only a change is an event. */
  note(subject: TroubleSubject, finding: TroubleFinding | undefined): void {
    const before = this.#entries.get(subject)?.trouble;
    const lasting = before !== undefined && before.overAtMs === undefined ? before : undefined;
    const { epochMs } = this.#now();
    if (finding === undefined) {
      if (lasting !== undefined) this.#set({ ...lasting, overAtMs: epochMs });
      return;
    }
    const { text, isRepaired } = finding;
    if (lasting?.text === text && !isRepaired) return;
    if (lasting === undefined) this.#counts.set(subject, (this.#counts.get(subject) ?? 0) + 1);
    const sinceMs = lasting?.sinceMs ?? epochMs;
    this.#set({ subject, text, sinceMs, overAtMs: isRepaired ? epochMs : undefined });
  }

  /** Troubles that last or have ended within the last hour. */
  list(): readonly Trouble[] {
    const { monotonicNs } = this.#now();
    return TROUBLE_SUBJECTS.flatMap((subject) => {
      const { trouble, overAtNs } = this.#entries.get(subject) ?? {};
      const isShown = overAtNs === undefined || monotonicNs - overAtNs <= SHOWN_AFTER_NS;
      return trouble !== undefined && isShown ? [trouble] : [];
    });
  }

  /** For metrics: whether each subject is in trouble now, and how often it was since the start. */
  bySubject() {
    return TROUBLE_SUBJECTS.map((subject) => {
      const trouble = this.#entries.get(subject)?.trouble;
      const isLasting = trouble !== undefined && trouble.overAtMs === undefined;
      return { subject, isLasting, count: this.#counts.get(subject) ?? 0 };
    });
  }

  #set(trouble: Trouble): void {
    const overAtNs = trouble.overAtMs === undefined ? undefined : this.#now().monotonicNs;
    this.#entries.set(trouble.subject, { trouble, overAtNs });
    this.#publish({ type: "trouble", trouble });
  }
}
