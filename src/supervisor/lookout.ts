// Watching without keeping anything: programs attached, one detector, incidents in memory. For `aod top` where no daemon
// runs. In: rules, a source of requests, the way to make a detector; out: what is known now, when it is asked for. It
// makes no capture, writes no file, tells nobody; of what it finds nothing is left when it ends.

import type { Live } from "../api/live.ts";
import { attributeOnHost } from "../cifs/attribution.ts";
import type { KernelSource } from "../kernel/kernel-source.ts";
import type { RequestSource } from "../kernel/source.ts";
import { openOperations, openTable } from "../kernel/table.ts";
import { makeLive } from "../live/live.ts";
import type { Anomaly } from "../model/anomaly.ts";
import type { Source } from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import { type Failure, toFailure } from "../model/failure.ts";
import type { Incident } from "../model/incident.ts";
import type { OperationMemory } from "../model/operation.ts";
import type { RequestMemory } from "../model/request.ts";
import { clockPair, monotonicNs } from "../system/clock.ts";
import { signalEventFd } from "../system/eventfd.ts";
import type { FromDetector, ToDetector } from "../thread/messages.ts";
import type { Occasion } from "./attachment.ts";
import { lookOnHost } from "./host-look.ts";
import { Incidents } from "./incidents.ts";
import { LossWatch } from "./loss-watch.ts";
import { type AttachmentChange, ModuleWatch } from "./module-watch.ts";
import type { SpawnTable } from "./options.ts";
import { type ConcernedByDetector, routeDetector } from "./routes.ts";
import { RunRecord } from "./run-record.ts";
import { supervised } from "./supervised.ts";
import type { ThreadHandle } from "./thread-handle.ts";
import { openWakeSources, type WakeSources } from "./wake-sources.ts";

export interface LookoutOptions {
  /** Of it the rules, and when an incident is over. */
  readonly config: Pick<Config, "rules" | "captureCooldownMs" | "resolveAfterMs">;
  /** Closed at the end. */
  readonly source: RequestSource;
  /** Attach to the tracepoints of cifs.ko; undefined where the traffic is synthetic. */
  readonly watch: KernelSource | undefined;
  readonly sourceName: Source;
  readonly spawn: SpawnTable["detector"];
}

const STOP_WITHIN_MS = 500;

export class Lookout {
  readonly #options: LookoutOptions;
  readonly #incidents: Incidents;
  readonly #losses: LossWatch;
  readonly #watch: ModuleWatch | undefined;
  readonly #wakeSources: WakeSources;
  readonly #detector: ThreadHandle<ToDetector, FromDetector>;
  readonly #table: RequestMemory;
  readonly #operations: OperationMemory;
  readonly #record = new RunRecord(Date.now());
  readonly #desk: ConcernedByDetector["desk"] = {
    shares: [],
    detectorStarted: () => this.#incidents.endStanding(clockPair()),
    observe: (anomaly) => this.#observe(anomaly),
    recover: (recovery) => void this.#incidents.recover(recovery, clockPair()),
  };
  #watchingSinceNs: number | undefined;
  #ended: ((failure: Failure | undefined) => void) | undefined;

  constructor(options: LookoutOptions) {
    const { config, source, watch } = options;
    this.#options = options;
    this.#incidents = new Incidents(config);
    this.#table = openTable(source.memory);
    this.#operations = openOperations(source.memory);
    this.#losses = new LossWatch(
      () => source.counters(),
      () => undefined,
    );
    this.#watch = watch && new ModuleWatch(watch.object, (change) => this.#attachmentChanged(change));
    this.#wakeSources = openWakeSources(watch !== undefined);
    const concerned: ConcernedByDetector = {
      ...{ source, desk: this.#desk, losses: this.#losses, tell: () => undefined },
      watches: () => {
        if (watch === undefined) this.#watchingSinceNs ??= monotonicNs();
      },
      review: (occasion) => this.#review(occasion),
    };
    this.#detector = supervised(
      "detector",
      { tell: () => undefined, lost: () => undefined, end: (failure) => this.#ended?.(failure) },
      {
        spawn: options.spawn,
        begin: () => this.#begin(),
        onReport: (report) => routeDetector(report, concerned),
        wake: () => signalEventFd(this.#wakeSources.fds.wakeFd),
      },
    );
  }

  /**
   * Watches until `stop` is called or something fails for good; then nothing is attached any more.
   * @returns that failure; undefined after a clean stop.
   */
  async run(): Promise<Failure | undefined> {
    const { promise: ended, resolve } = Promise.withResolvers<Failure | undefined>();
    this.#ended = resolve;
    this.#options.source.applyRules(this.#options.config.rules);
    this.#detector.start();
    const failure = await ended;
    this.#watch?.close();
    // A thread that is blocked may yet read the memory; the end of the process takes it all.
    if (!(await this.#detector.stop(STOP_WITHIN_MS))) return failure;
    this.#options.source.close();
    this.#wakeSources.close();
    return failure;
  }

  /** Idempotent. */
  stop(): void {
    this.#ended?.(undefined);
  }

  /** How it stands at this moment. Incidents that are over are told for some minutes. Not after `run` has ended. */
  live(): Live {
    const now = clockPair();
    for (const incident of this.#incidents.resolve(now)) this.#isOver(incident, now.epochMs);
    const look = lookOnHost({
      table: this.#table,
      operations: this.#operations,
      trees: this.#desk.shares,
      watchingSinceNs: this.#watchingSinceNs,
    });
    return makeLive(look, this.#table, {
      epochMs: now.epochMs,
      isWatching: this.#watchingSinceNs !== undefined,
      incidents: [...this.#incidents.open(), ...this.#record.resolved(now.epochMs)],
      losses: this.#losses.now(),
    });
  }

  #begin(): readonly ToDetector[] {
    const { source, sourceName, config } = this.#options;
    const handles = { ...source.memory, ...this.#wakeSources.fds };
    const trees = this.#desk.shares;
    const start = { type: "start", handles, source: sourceName, rules: config.rules, trees } as const;
    return this.#watch?.attached ? [start, { type: "attached" }] : [start];
  }

  /** Whatever is due, no capture is made. */
  #observe(anomaly: Anomaly): void {
    const now = clockPair();
    const { incident, opened, worsened, displaced } = this.#incidents.observe(anomaly, now, () => "cooldown");
    if (displaced !== undefined) this.#isOver(displaced, now.epochMs);
    if (!opened && !worsened) return;
    this.#incidents.attribute(
      incident.id,
      attributeOnHost(anomaly.share, anomaly.evidence, this.#desk.shares),
    );
  }

  #isOver(incident: Incident, nowMs: number): void {
    this.#record.take({ type: "resolved", incident }, nowMs);
  }

  #review(occasion: Occasion): void {
    try {
      this.#watch?.review(occasion);
    } catch (thrown) {
      this.#ended?.(toFailure(thrown));
    }
  }

  #attachmentChanged({ type }: AttachmentChange): void {
    this.#watchingSinceNs = type === "attached" ? monotonicNs() : undefined;
    if (type === "attached") this.#detector.post({ type: "attached" });
  }
}
