// Monitors without a daemon, for `aod top`: attaches the programs, runs one detector, and has incidents in memory. It
// makes no capture, writes no file and notifies no program; everything that it finds is lost when it ends.

import type { Live } from "../api/live.ts";
import { attributeOnHost } from "../cifs/attribution.ts";
import { openOperations, openTable } from "../kernel/table.ts";
import { makeLive } from "../live/live.ts";
import type { Anomaly } from "../model/anomaly.ts";
import type { ClockPair } from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import type { Failure } from "../model/failure.ts";
import type { Incident } from "../model/incident.ts";
import type { OperationMemory } from "../model/operation.ts";
import type { RequestMemory } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import { clockPair } from "../system/clock.ts";
import { DetectorSupervision, type DetectorSupervisionOptions } from "./detector-supervision.ts";
import { takeSnapshotOnHost } from "./host-snapshot.ts";
import { Incidents } from "./incidents.ts";
import { LossWatch } from "./loss-watch.ts";
import type { Origin, SpawnTable } from "./options.ts";
import { RunRecord } from "./run-record.ts";

export interface StandaloneMonitorOptions {
  /** The rules, and when an incident is resolved. */
  readonly config: Pick<Config, "rules" | "captureCooldownMs" | "resolveAfterMs">;
  /** Its source is closed at the end. */
  readonly origin: Origin;
  readonly spawn: SpawnTable["detector"];
}

const STOP_WITHIN_MS = 500;

export class StandaloneMonitor {
  readonly #rules: readonly Rule[];
  readonly #incidents: Incidents;
  readonly #losses: LossWatch;
  readonly #supervision: DetectorSupervision;
  readonly #table: RequestMemory;
  readonly #operations: OperationMemory;
  readonly #record = new RunRecord(Date.now());
  readonly #handlers = this.#makeHandlers();
  #ended: ((failure: Failure | undefined) => void) | undefined;

  constructor(options: StandaloneMonitorOptions) {
    const { config, origin, spawn } = options;
    const { source } = origin;
    this.#rules = config.rules;
    this.#incidents = new Incidents(config);
    this.#table = openTable(source.memory);
    this.#operations = openOperations(source.memory);
    this.#losses = new LossWatch(
      () => source.counters(),
      () => undefined,
    );
    this.#supervision = new DetectorSupervision({
      origin,
      spawn,
      incidents: this.#handlers,
      losses: this.#losses,
      failureHandlers: {
        publish: () => undefined,
        lost: () => undefined,
        end: (failure) => this.#ended?.(failure),
      },
    });
  }

  /**
   * Runs until `stop` is called or a part fails for good; then the programs are detached.
   * @returns that failure; undefined after a clean stop.
   */
  async run(): Promise<Failure | undefined> {
    const { promise: ended, resolve } = Promise.withResolvers<Failure | undefined>();
    this.#ended = resolve;
    this.#supervision.apply(this.#rules);
    this.#supervision.detector.start();
    const failure = await ended;
    this.#supervision.detach();
    // A thread that is still blocked may still read the memory; it is freed when the process ends.
    if (await this.#supervision.detector.stop(STOP_WITHIN_MS)) this.#supervision.release();
    return failure;
  }

  /** Idempotent. */
  stop(): void {
    this.#ended?.(undefined);
  }

  /**
   * The current figures, with incidents that were resolved within some minutes. Must not be called after `run` has
   * ended.
   */
  live(): Live {
    const now = clockPair();
    for (const incident of this.#incidents.resolve(now)) this.#noteResolved(incident, now);
    const { isWatching, sinceNs } = this.#supervision;
    const snapshot = takeSnapshotOnHost({
      table: this.#table,
      operations: this.#operations,
      trees: this.#handlers.shares,
      watchingSinceNs: isWatching ? sinceNs : undefined,
    });
    return makeLive(snapshot, this.#table, {
      epochMs: now.epochMs,
      isWatching,
      incidents: [...this.#incidents.open(), ...this.#record.resolved(now)],
      losses: this.#losses.now(),
    });
  }

  #makeHandlers(): DetectorSupervisionOptions["incidents"] {
    const incidents = () => this.#incidents;
    return {
      get shares() {
        return incidents().trees;
      },
      set shares(trees) {
        incidents().trees = trees;
      },
      detectorStarted: () => incidents().endStanding(clockPair()),
      observe: (anomaly) => this.#observe(anomaly),
      recover: (recovery) => void incidents().recover(recovery, clockPair()),
    };
  }

  /** Never takes a capture: every one counts as suppressed by the cooldown. */
  #observe(anomaly: Anomaly): void {
    const now = clockPair();
    const { incident, opened, worsened, joined, displaced } = this.#incidents.observe(
      anomaly,
      now,
      () => "cooldown",
    );
    if (displaced !== undefined) this.#noteResolved(displaced, now);
    if (!opened && !worsened && !joined) return;
    this.#incidents.attribute(
      incident.id,
      attributeOnHost(anomaly.share, anomaly.evidence, this.#handlers.shares),
    );
  }

  #noteResolved(incident: Incident, now: ClockPair): void {
    this.#record.take({ type: "resolved", incident }, now);
  }
}
