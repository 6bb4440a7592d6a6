// The work of the main thread: starts the three workers, routes their reports, keeps the programs attached, and stops
// everything in order. It detects, collects and deletes nothing: the workers do. It decides nothing: the pure files
// beside it do.

import { attributeOnHost } from "../cifs/attribution.ts";
import { freezeMemory } from "../kernel/table.ts";
import type { Losses } from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import { exhaustionLosses, sumLosses } from "../model/exhaustion.ts";
import type { Failure } from "../model/failure.ts";
import type { Incident } from "../model/incident.ts";
import { clockPair, monotonicNs } from "../system/clock.ts";
import { DescriptorReserve } from "../system/descriptor-reserve.ts";
import type { FromJanitor, FromRunner, ToJanitor, ToRunner } from "../thread/messages.ts";
import { DetectorSupervision } from "./detector-supervision.ts";
import { EventBus } from "./event-bus.ts";
import type { SupervisorEvent } from "./events.ts";
import { Figures } from "./figures.ts";
import { findHangsOnHost } from "./host-snapshot.ts";
import { IncidentService } from "./incident-service.ts";
import { LossWatch } from "./loss-watch.ts";
import { NoticeDispatcher } from "./notice-dispatcher.ts";
import type { SupervisorOptions } from "./options.ts";
import { Resources } from "./resources.ts";
import { type ReportHandlers, routeJanitor, routeRunner } from "./routes.ts";
import { RunRecord } from "./run-record.ts";
import { Sampler } from "./sampler.ts";
import { type FailureHandlers, startOnce, supervise } from "./supervise.ts";
import type { ThreadHandle } from "./thread-handle.ts";
import { Troubles } from "./troubles.ts";
import { Upkeep } from "./upkeep.ts";

/** Time for each thread to finish its work. With the time to close threads and log, aod stops within 5 s. */
const STOP_WITHIN_MS = { detector: 400, runner: 3500, janitor: 300 } as const;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #events: EventBus;
  readonly #sampler = new Sampler((reason) => this.#runner.post({ type: "sample", reason }));
  readonly #losses: LossWatch;
  readonly #notices: NoticeDispatcher;
  readonly #incidents: IncidentService;
  readonly #supervision: DetectorSupervision;
  readonly #runner: ThreadHandle<ToRunner, FromRunner>;
  readonly #janitor: ThreadHandle<ToJanitor, FromJanitor>;
  readonly #record = new RunRecord(Date.now());
  readonly #resources: Resources;
  readonly troubles: Troubles;
  /** Checks the folder and the resources that may be taken away while aod runs. */
  readonly upkeep: Upkeep;
  /** Status and live figures of this run. */
  readonly figures: Figures;
  #config: Config;
  #isStopping = false;
  #ended: ((failure: Failure | undefined) => void) | undefined;

  constructor(options: SupervisorOptions) {
    const { origin, spawn, pingEveryMs } = options;
    const { source } = origin;
    this.#options = options;
    this.#config = options.config;
    this.#events = this.#makeEventBus(options);
    const publish = this.#events.publish;
    this.#losses = new LossWatch(() => ({ ...source.counters(), ...this.#exhausted() }), publish);
    this.#resources = new Resources({
      reserve: new DescriptorReserve(),
      losses: () => this.#exhausted(),
      nowNs: monotonicNs,
    });
    this.#notices = new NoticeDispatcher({
      publish,
      send: (notice) => this.#runner.post({ type: "notify", notice }),
    });
    this.#incidents = this.#makeIncidentService(options);
    this.troubles = new Troubles(publish, clockPair);
    this.upkeep = new Upkeep(this.troubles);
    // First: it frees the descriptors that the other checks need.
    this.upkeep.watch("resources", () => this.#resources.check());
    this.upkeep.watch("output_folder", () => options.folder.check(this.#config.capture.minFreeBytes));
    const hasRoom = () => this.#hasRoom();
    const failureHandlers: FailureHandlers = {
      publish,
      lost: (thread) => {
        if (thread === "runner") this.#dropAll("the runner failed and is restarting");
      },
      end: (failure) => this.#ended?.(failure),
    };
    this.#supervision = new DetectorSupervision({
      origin,
      spawn: spawn.detector,
      hasRoom,
      pingEveryMs,
      failureHandlers,
      incidents: this.#incidents,
      losses: this.#losses,
      onWorking: () => {
        const { rules, outputDir } = this.#config;
        publish({ type: "watching", rules: rules.length, outputDir });
      },
    });
    this.figures = new Figures({
      source,
      record: this.#record,
      incidents: this.#incidents,
      losses: this.#losses,
      upkeep: this.upkeep,
      troubles: this.troubles,
      config: () => this.#config,
      supervision: this.#supervision,
      build: origin.kind === "kernel" ? origin.source.object.build : "atomic",
    });
    const reportHandlers = this.#makeReportHandlers();
    this.#runner = supervise("runner", failureHandlers, {
      spawn: spawn.runner,
      hasRoom,
      pingEveryMs,
      begin: () => this.#beginRunner(),
      onReport: (report) => routeRunner(report, reportHandlers),
    });
    this.#janitor = supervise("janitor", failureHandlers, {
      spawn: spawn.janitor,
      hasRoom,
      pingEveryMs,
      begin: () => this.#beginJanitor(),
      onReport: (report) => routeJanitor(report, reportHandlers),
    });
  }

  /**
   * Runs until `stop` is called or a part fails for good.
   * @returns that failure; undefined after a clean stop.
   */
  async run(): Promise<Failure | undefined> {
    const { promise: ended, resolve } = Promise.withResolvers<Failure | undefined>();
    this.#ended = resolve;
    this.#supervision.apply(this.#config.rules);
    this.#record.restore(this.#options.incidents ?? [], clockPair());
    this.#incidents.begin();
    this.#events.publish({ type: "configured", config: this.#config, isStart: true });
    // The detector starts when both are ready: then its anomalies become captures at once, and the budget that is spent
    // is known.
    for (const thread of [this.#janitor, this.#runner]) thread.start();
    this.#losses.begin();
    this.figures.begin();
    this.upkeep.begin();
    const failure = await ended;
    await this.#stopAll();
    return failure;
  }

  /** Ends `run`: the ring is drained, running captures are finished or dropped whole, within 5 s. Idempotent. */
  stop(): void {
    this.#ended?.(undefined);
  }

  /** Applies another configuration without detaching; the output folder of the start remains in use. */
  configure(config: Config): void {
    // The step that may throw comes first: if it does, nothing has changed.
    this.#supervision.apply(config.rules);
    this.#config = { ...config, outputDir: this.#config.outputDir };
    this.#incidents.configure(this.#config);
    this.#runner.post({ type: "configure", notify: config.notify });
    this.#janitor.post({ type: "configure", limits: config.cleanup });
    this.#events.publish({ type: "configured", config: this.#config, isStart: false });
  }

  get config(): Config {
    return this.#config;
  }

  /**
   * Makes a capture on demand.
   * @param reason given by the user.
   * @returns the number of the order. `collected` or `dropped` is published for it, `dropped` possibly before this
   * returns.
   */
  readonly snapshot = (reason?: string): number => this.#incidents.snapshot(reason);
  /** The incidents that are open now. */
  readonly openIncidents = (): readonly Incident[] => this.#incidents.open();
  /** For metrics: trees, counts by cause, and the start of the run. */
  readonly facts = () => ({
    trees: this.#incidents.shares,
    counted: this.#losses.now(),
    suppressed: this.#incidents.suppressed,
    isAttached: this.#supervision.isWatching,
    startedAtMs: this.#record.startedAtMs,
    troubles: this.troubles.bySubject(),
    isAgeSuspended: this.#record.ageDoubt !== undefined,
  });

  /** Whether every thread answers its pings or is being restarted. */
  answers(): boolean {
    const now = monotonicNs();
    return [this.#supervision.detector, this.#runner, this.#janitor].every((thread) => !thread.isSilent(now));
  }

  // --- the parts ---

  #makeEventBus({ listeners }: SupervisorOptions): EventBus {
    return new EventBus({
      ...listeners,
      record: (event) => this.#record.take(event, clockPair()),
      notices: (event) => this.#notices.consider(event, this.#config),
      runner: (event) => {
        if (event.type === "clientLists") this.#runner.post(event);
      },
      troubles: (event) => this.#noteCaptureTrouble(event),
      sampler: (event) => this.#sampler.consider(event, this.#incidents.open().length, monotonicNs()),
    });
  }

  #makeIncidentService({ config, origin, incidents = [] }: SupervisorOptions): IncidentService {
    return new IncidentService({
      config,
      originKind: origin.kind,
      incidents,
      publish: this.#events.publish,
      losses: () => this.#losses.now(),
      freeze: () => freezeMemory(origin.source.memory),
      send: (order, frozen) => {
        this.#hasRoom();
        return this.#runner.post({ type: "collect", order, frozen }, [frozen.table, frozen.operations]);
      },
      watchingSinceNs: () => this.#supervision.sinceNs,
      clientLists: () => this.#supervision.clientLists,
      attribute: attributeOnHost,
      findHangs: findHangsOnHost,
    });
  }

  /** The receivers of reports from the runner and the janitor. */
  #makeReportHandlers(): ReportHandlers {
    return {
      incidents: this.#incidents,
      notices: this.#notices,
      losses: this.#losses,
      sampler: this.#sampler,
      publish: this.#events.publish,
      onReady: () => startOnce(this.#supervision.detector, [this.#runner, this.#janitor]),
      sweep: () => this.#janitor.post({ type: "sweep", protectedNames: this.#incidents.protectedNames() }),
      isFirstFind: () => this.#supervision.detector.idle,
      onStored: (stored) => this.#record.noteStored(stored),
      onBlocked: () => this.upkeep.check(),
      onClockChecked: (doubt) => {
        this.#record.ageDoubt = doubt?.text;
        const isTrouble = doubt?.isEvidence === true;
        this.troubles.note("clock", isTrouble ? { text: doubt.text, isRepaired: false } : undefined);
      },
    };
  }

  /** A dropped capture is a trouble, whatever the reason: evidence is missing. The next complete capture ends it. */
  #noteCaptureTrouble(event: SupervisorEvent): void {
    if (event.type === "collected") this.troubles.note("captures", undefined);
    if (event.type === "dropped" && !this.#isStopping)
      this.troubles.note("captures", {
        text: `the last one was dropped: ${event.reason}`,
        isRepaired: false,
      });
  }

  /** Every order and every notice that the runner had is lost. */
  #dropAll(reason: string): void {
    this.#incidents.dropAll(reason);
    this.#notices.dropAll(reason);
  }

  /** Whether enough file descriptors are free for the next thread or capture. */
  #hasRoom(): boolean {
    const hasRoom = this.#resources.hasRoom();
    this.troubles.note("resources", this.#resources.finding());
    return hasRoom;
  }

  /** Shortages of all threads, by cause. */
  #exhausted(): Losses {
    const threads = [this.#supervision?.detector, this.#runner, this.#janitor];
    return sumLosses([exhaustionLosses(), ...threads.map((thread) => thread?.exhausted ?? {})]);
  }

  // --- threads ---

  #beginRunner(): readonly ToRunner[] {
    const { notify } = this.#config;
    const { path: outputDir } = this.#options.folder;
    const { tableAddress, tableBytes } = this.#options.origin.source.memory;
    const { clientLists: readability } = this.#supervision;
    return [
      { type: "start", outputDir, notify, table: { tableAddress, tableBytes } },
      { type: "clientLists", readability },
    ];
  }

  #beginJanitor(): readonly ToJanitor[] {
    const { cleanup: limits } = this.#config;
    const { path: outputDir } = this.#options.folder;
    return [{ type: "start", outputDir, limits, protectedNames: this.#incidents.protectedNames() }];
  }

  // --- the end ---

  async #stopAll(): Promise<void> {
    this.#isStopping = true;
    this.#events.publish({ type: "stopping" });
    this.upkeep.end();
    this.#supervision.detach();
    const detectorClosed = await this.#supervision.detector.stop(STOP_WITHIN_MS.detector);
    const [runnerClosed] = await Promise.all([
      this.#runner.stop(STOP_WITHIN_MS.runner),
      this.#janitor.stop(STOP_WITHIN_MS.janitor),
    ]);
    this.#incidents.close();
    this.#dropAll("aod was stopped before it was complete");
    this.#losses.end();
    this.#resources.end();
    this.figures.end();
    this.#events.publish({
      type: "stopped",
      ...this.#losses.threads,
      losses: this.#losses.now(),
      open: this.#incidents.open(),
    });
    // A thread that is still blocked may still read the memory; it is freed when the process ends.
    if (detectorClosed && runnerClosed) this.#supervision.release();
  }
}
