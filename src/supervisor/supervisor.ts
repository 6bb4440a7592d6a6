// The main thread's work: starts the three workers, routes what they report, keeps the attachment, stops everything in
// order. In: a configuration, a source of requests and the way to make workers; out: events. Detecting, collecting and
// deleting happen in the workers; deciding happens in the pure files beside it.

import { attributeOnHost } from "../cifs/attribution.ts";
import { freezeMemory } from "../kernel/table.ts";
import type { Config } from "../model/config.ts";
import type { Failure } from "../model/failure.ts";
import type { Incident } from "../model/incident.ts";
import { monotonicNs } from "../system/clock.ts";
import type { FromJanitor, FromRunner, ToJanitor, ToRunner } from "../thread/messages.ts";
import type { SupervisorEvent } from "./events.ts";
import { Figures } from "./figures.ts";
import { IncidentDesk } from "./incident-desk.ts";
import { LossWatch } from "./loss-watch.ts";
import type { SupervisorOptions } from "./options.ts";
import { type Concerned, routeJanitor, routeRunner } from "./routes.ts";
import { RunRecord } from "./run-record.ts";
import { Sampler } from "./sampler.ts";
import { type Consequences, startOnce, supervised } from "./supervised.ts";
import type { ThreadHandle } from "./thread-handle.ts";
import { Watching } from "./watching.ts";

/** All three stop within 5 s: what they have begun they may finish in this time. */
const STOP_WITHIN_MS = { detector: 500, runner: 4000, janitor: 300 } as const;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #sampler = new Sampler((reason) => this.#runner.post({ type: "sample", reason }));
  readonly #losses: LossWatch;
  readonly #desk: IncidentDesk;
  readonly #watching: Watching;
  readonly #runner: ThreadHandle<ToRunner, FromRunner>;
  readonly #janitor: ThreadHandle<ToJanitor, FromJanitor>;
  readonly #concerned: Concerned;
  readonly #record: RunRecord;
  /** What it can say of itself, for whoever asks. */
  readonly figures: Figures;
  #config: Config;
  #ended: ((failure: Failure | undefined) => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#losses = new LossWatch(() => options.source.counters(), options.tell);
    this.#desk = new IncidentDesk({
      config: options.config,
      sourceName: options.sourceName,
      incidents: options.incidents ?? [],
      tell: (event) => this.#tell(event),
      losses: () => this.#losses.now(),
      freeze: () => freezeMemory(options.source.memory),
      send: (order, frozen) =>
        this.#runner.post({ type: "collect", order, frozen }, [frozen.table, frozen.operations]),
      notify: (notice) => this.#runner.post({ type: "notify", notice }),
      watchingSinceNs: () => this.#watching.sinceNs,
      attribute: attributeOnHost,
    });
    this.#record = new RunRecord(Date.now());
    const { source, watch, sourceName, spawn, pingEveryMs } = options;
    const consequences: Consequences = {
      tell: (event) => this.#tell(event),
      lost: (thread) => {
        if (thread === "runner") this.#desk.dropAll("the runner failed and is started again");
      },
      end: (failure) => this.#ended?.(failure),
    };
    this.#watching = new Watching({
      ...{ source, watch, sourceName, spawn: spawn.detector, pingEveryMs, consequences },
      ...{ desk: this.#desk, losses: this.#losses },
      detectorWorks: () => {
        const { rules, outputDir } = this.#config;
        this.#tell({ type: "watching", rules: rules.length, outputDir });
      },
    });
    this.#concerned = {
      ...{ desk: this.#desk, losses: this.#losses, sampler: this.#sampler },
      tell: (event) => this.#tell(event),
      isReady: () => startOnce(this.#watching.detector, [this.#runner, this.#janitor]),
      sweep: () => this.#janitor.post({ type: "sweep", protectedNames: this.#desk.protectedNames() }),
      isFirstFind: () => this.#watching.detector.idle,
      kept: (kept) => this.#record.keep(kept),
    };
    this.figures = new Figures({
      ...{ source: options.source, record: this.#record, desk: this.#desk, losses: this.#losses },
      config: () => this.#config,
      watching: this.#watching,
      build: watch?.object.build ?? "atomic",
    });
    this.#runner = supervised("runner", consequences, {
      ...{ spawn: spawn.runner, pingEveryMs },
      begin: () => this.#beginRunner(),
      onReport: (report) => routeRunner(report, this.#concerned),
    });
    this.#janitor = supervised("janitor", consequences, {
      ...{ spawn: spawn.janitor, pingEveryMs },
      begin: () => this.#beginJanitor(),
      onReport: (report) => routeJanitor(report, this.#concerned),
    });
  }

  /**
   * Works until `stop` is called or something fails for good.
   * @returns that failure; undefined after a clean stop.
   */
  async run(): Promise<Failure | undefined> {
    const { promise: ended, resolve } = Promise.withResolvers<Failure | undefined>();
    this.#ended = resolve;
    this.#watching.apply(this.#config.rules);
    this.#desk.begin();
    this.#tell({ type: "configured", config: this.#config, isStart: true });
    // The detector follows when both are ready: its anomalies become captures at once, and what has been spent is known.
    for (const thread of [this.#janitor, this.#runner]) thread.start();
    this.#losses.begin();
    this.figures.begin();
    const failure = await ended;
    await this.#stopAll();
    return failure;
  }

  /** Ends `run`: the ring is drained, running captures are finished or dropped whole, within 5 s. Idempotent. */
  stop(): void {
    this.#ended?.(undefined);
  }

  /** Applies another configuration without detaching; the output folder stays what it was at the start. */
  configure(config: Config): void {
    // What may throw comes first: then everything is as it was.
    this.#watching.apply(config.rules);
    this.#config = { ...config, outputDir: this.#config.outputDir };
    this.#desk.configure(this.#config);
    this.#runner.post({ type: "configure", notify: config.notify });
    this.#janitor.post({ type: "configure", limits: config.cleanup });
    this.#tell({ type: "configured", config: this.#config, isStart: false });
  }

  get config(): Config {
    return this.#config;
  }

  /**
   * A capture now, because somebody asked for one.
   * @param reason in their words.
   * @returns its order's number: `collected` or `dropped` is told of it, `dropped` perhaps before this returns.
   */
  readonly snapshot = (reason?: string): number => this.#desk.snapshot(reason);
  /** The incidents that are open now. */
  readonly openIncidents = (): readonly Incident[] => this.#desk.open();
  /** What is known of trees, what was counted, by cause, and since when: for metrics. */
  readonly facts = () => ({
    ...{ trees: this.#desk.shares, counted: this.#losses.now(), suppressed: this.#desk.suppressed },
    ...{ isAttached: this.#watching.isWatching, startedAtMs: this.#record.startedAtMs },
  });

  /** Whether every thread answers when it is asked, or is on its way back. */
  answers(): boolean {
    const now = monotonicNs();
    return [this.#watching.detector, this.#runner, this.#janitor].every((thread) => !thread.isSilent(now));
  }

  #tell(event: SupervisorEvent): void {
    this.#record.take(event, Date.now());
    this.#options.tell(event);
    this.#sampler.consider(event, this.#desk.open().length, monotonicNs());
  }

  // --- threads ---

  #beginRunner(): readonly ToRunner[] {
    const { outputDir, notify } = this.#config;
    const { tableAddress, tableBytes } = this.#options.source.memory;
    return [{ type: "start", outputDir, notify, table: { tableAddress, tableBytes } }];
  }

  #beginJanitor(): readonly ToJanitor[] {
    const { outputDir, cleanup: limits } = this.#config;
    return [{ type: "start", outputDir, limits, protectedNames: this.#desk.protectedNames() }];
  }

  // --- the end ---

  async #stopAll(): Promise<void> {
    this.#tell({ type: "stopping" });
    this.#watching.detach();
    const detectorClosed = await this.#watching.detector.stop(STOP_WITHIN_MS.detector);
    const runnerClosed = await this.#runner.stop(STOP_WITHIN_MS.runner);
    await this.#janitor.stop(STOP_WITHIN_MS.janitor);
    this.#desk.close();
    this.#desk.dropAll("aod was stopped before it was complete");
    this.#losses.end();
    this.figures.end();
    this.#tell({
      type: "stopped",
      ...this.#losses.threads,
      losses: this.#losses.now(),
      open: this.#desk.open(),
    });
    // A thread that is still blocked may yet read the memory; the end of the process takes it all.
    if (detectorClosed && runnerClosed) this.#watching.release();
  }
}
