// Counters derived from events of the supervisor and from reloads. Values that another object already holds are not
// counted here: they are read there at the time of a scrape. Pure: the time is an argument. Expected labels (rules,
// causes) begin at 0, so that their first event is seen as an increase.

import type { AnomalyKind } from "../model/anomaly.ts";
import { parseCaptureName } from "../model/capture-name.ts";
import type { RuleType } from "../model/rule.ts";
import { CAUSES } from "../model/verdict.ts";
import type { EventOf, SupervisorEvent } from "../supervisor/events.ts";
import type { Sample } from "./exposition.ts";

const MANUAL = "manual";
const UNKNOWN_RULE = "unknown";

/** Kinds of anomaly that can open an incident of a rule, by its type. */
const KINDS: Readonly<Record<RuleType, readonly AnomalyKind[]>> = {
  latency: ["slow", "emergency", "hung"],
  error: ["error", "emergency"],
  stuck: ["hung"],
  signal: ["signal"],
};

/** Counts by the values of their labels. */
class Counts {
  readonly #counts = new Map<string, { labels: readonly string[]; value: number }>();

  constructor(expected: readonly (readonly string[])[] = []) {
    for (const labels of expected) this.add(labels, 0);
  }

  add(labels: readonly string[], value = 1): void {
    const key = labels.join("\0");
    const count = this.#counts.get(key) ?? { labels, value: 0 };
    count.value += value;
    this.#counts.set(key, count);
  }

  /** Drops all counts for which `isUsed` is false, such as those of removed rules. */
  retain(isUsed: (labels: readonly string[]) => boolean): void {
    for (const [key, { labels }] of this.#counts) if (!isUsed(labels)) this.#counts.delete(key);
  }

  samples(): readonly Sample[] {
    return [...this.#counts.values()];
  }
}

type Counters = { readonly [Type in SupervisorEvent["type"]]?: (event: EventOf<Type>) => void };

export class EventCounts {
  rules = 0;
  /** s since 1970. */
  configuredAtSec = 0;
  isReloadApplied = true;
  readonly #opened = new Counts();
  readonly #made = new Counts([[MANUAL]]);
  readonly #dropped = new Counts([[MANUAL]]);
  readonly #verdicts = new Counts(CAUSES.map((cause) => [cause]));
  readonly #notified = new Counts(["ok", "failed", "timed_out", "dropped"].map((status) => [status]));
  readonly #restarts = new Counts(["detector", "runner", "janitor"].map((thread) => [thread]));
  readonly #nowMs: () => number;
  readonly #counters: Counters;

  /** @param nowMs ms since 1970. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#counters = {
      configured: (event) => this.#configured(event),
      opened: ({ anomaly: { rule, kind } }) => this.#opened.add([rule, kind]),
      collected: ({ capture: { name, verdict } }) => {
        this.#made.add([parseCaptureName(name)?.rule ?? UNKNOWN_RULE]);
        this.#verdicts.add([verdict.cause]);
      },
      dropped: ({ rule = UNKNOWN_RULE }) => this.#dropped.add([rule]),
      notified: ({ outcome }) => this.#notified.add([outcome.status]),
      restarting: ({ thread }) => this.#restarts.add([thread]),
    };
  }

  take(event: SupervisorEvent): void {
    (this.#counters[event.type] as ((event: SupervisorEvent) => void) | undefined)?.(event);
  }

  /** @param refusal why the configuration was refused; undefined if it is in use. */
  reloaded(refusal: string | undefined): void {
    this.isReloadApplied = refusal === undefined;
  }

  samples() {
    return {
      incidents_opened: this.#opened.samples(),
      captures_made: this.#made.samples(),
      captures_dropped: this.#dropped.samples(),
      capture_verdicts: this.#verdicts.samples(),
      notifications: this.#notified.samples(),
      thread_restarts: this.#restarts.samples(),
      rules: [plain(this.rules)],
      config_last_reload_successful: [plain(Number(this.isReloadApplied))],
      config_last_reload_success_timestamp_seconds: [plain(this.configuredAtSec)],
    };
  }

  #configured({ config: { rules } }: EventOf<"configured">): void {
    this.rules = rules.length;
    this.configuredAtSec = this.#nowMs() / 1000;
    this.isReloadApplied = true;
    const names = new Set([MANUAL, UNKNOWN_RULE, ...rules.map(({ name }) => name)]);
    for (const counts of [this.#opened, this.#made, this.#dropped])
      counts.retain(([name = ""]) => names.has(name));
    for (const { name, type } of rules) {
      for (const kind of KINDS[type]) this.#opened.add([name, kind], 0);
      this.#made.add([name], 0);
      this.#dropped.add([name], 0);
    }
  }
}

/** A sample without labels. */
export function plain(value: number): Sample {
  return { labels: [], value };
}
