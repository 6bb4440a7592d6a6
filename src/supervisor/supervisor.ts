// The main thread's work: starts the three workers, routes what they report, keeps the attachment, stops everything in
// order. In: a configuration, a source of requests and the way to make workers; out: events. Detecting, collecting and
// deleting happen in the workers; deciding happens in the pure files beside it.

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
import type { SupervisorEvent } from "./events.ts";
import { Figures } from "./figures.ts";
import { findHangsOnHost } from "./host-snapshot.ts";
import { IncidentService } from "./incident-service.ts";
import { LossWatch } from "./loss-watch.ts";
import type { SupervisorOptions } from "./options.ts";
import { Resources } from "./resources.ts";
import { type ReportHandlers, routeJanitor, routeRunner } from "./routes.ts";
import { RunRecord } from "./run-record.ts";
import { Sampler } from "./sampler.ts";
import { type FailureHandlers, startOnce, supervised } from "./supervise.ts";
import type { ThreadHandle } from "./thread-handle.ts";
import { Troubles } from "./troubles.ts";
import { Upkeep } from "./upkeep.ts";

/** Time for each thread to finish its work. With the time to close threads and log, aod stops within 5 s. */
const STOP_WITHIN_MS = { detector: 400, runner: 3500, janitor: 300 } as const;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #sampler = new Sampler((reason) => this.#runner.post({ type: "sample", reason }));
  readonly #losses: LossWatch;
  readonly #incidents: IncidentService;
  readonly #supervision: DetectorSupervision;
  readonly #runner: ThreadHandle<ToRunner, FromRunner>;
  readonly #janitor: ThreadHandle<ToJanitor, FromJanitor>;
  readonly #reportHandlers: ReportHandlers;
  readonly #record: RunRecord;
  readonly #resources: Resources;
  readonly troubles: Troubles;
  /** Checks the folder and the resources that may be taken away while aod runs. */
  readonly upkeep: Upkeep;
  /** What it can say of itself, for whoever asks. */
  readonly figures: Figures;
  #config: Config;
  #isStopping = false;
  #ended: ((failure: Failure | undefined) => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#losses = new LossWatch(
      () => ({ ...options.source.counters(), ...this.#exhausted() }),
      options.tell,
    );
    this.#resources = new Resources({
      reserve: new DescriptorReserve(),
      losses: () => this.#exhausted(),
      nowNs: monotonicNs,
    });
    this.#incidents = this.#makeIncidentService(options);
    this.#record = new RunRecord(Date.now());
    this.troubles = new Troubles((event) => this.#tell(event), clockPair);
    this.upkeep = new Upkeep(this.troubles);
    // First: it frees the descriptors that the other checks need.
    this.upkeep.watch("resources", () => this.#resources.check());
    this.upkeep.watch("output_folder", () => options.folder.check(this.#config.capture.minFreeBytes));
    const { source, watch, sourceName, spawn, pingEveryMs } = options;
    const hasRoom = () => this.#hasRoom();
    const failureHandlers: FailureHandlers = {
      tell: (event) => this.#tell(event),
      lost: (thread) => {
        if (thread === "runner") this.#incidents.dropAll("the runner failed and is started again");
      },
      end: (failure) => this.#ended?.(failure),
    };
    this.#supervision = new DetectorSupervision({
      ...{ source, watch, sourceName, spawn: spawn.detector, hasRoom, pingEveryMs, failureHandlers },
      ...{ incidents: this.#incidents, losses: this.#losses },
      detectorWorks: () => {
        const { rules, outputDir } = this.#config;
        this.#tell({ type: "watching", rules: rules.length, outputDir });
      },
    });
    this.#reportHandlers = this.#makeReportHandlers();
    this.figures = new Figures({
      ...{ source: options.source, record: this.#record, incidents: this.#incidents, losses: this.#losses },
      ...{ upkeep: this.upkeep, troubles: this.troubles },
      config: () => this.#config,
      supervision: this.#supervision,
      build: watch?.object.build ?? "atomic",
    });
    this.#runner = supervised("runner", failureHandlers, {
      ...{ spawn: spawn.runner, hasRoom, pingEveryMs },
      begin: () => this.#beginRunner(),
      onReport: (report) => routeRunner(report, this.#reportHandlers),
    });
    this.#janitor = supervised("janitor", failureHandlers, {
      ...{ spawn: spawn.janitor, hasRoom, pingEveryMs },
      begin: () => this.#beginJanitor(),
      onReport: (report) => routeJanitor(report, this.#reportHandlers),
    });
  }

  /**
   * Works until `stop` is called or something fails for good.
   * @returns that failure; undefined after a clean stop.
   */
  async run(): Promise<Failure | undefined> {
    const { promise: ended, resolve } = Promise.withResolvers<Failure | undefined>();
    this.#ended = resolve;
    this.#supervision.apply(this.#config.rules);
    this.#record.restore(this.#options.incidents ?? [], clockPair());
    this.#incidents.begin();
    this.#tell({ type: "configured", config: this.#config, isStart: true });
    // The detector follows when both are ready: its anomalies become captures at once, and what has been spent is known.
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

  /** Applies another configuration without detaching; the output folder stays what it was at the start. */
  configure(config: Config): void {
    // What may throw comes first: then everything is as it was.
    this.#supervision.apply(config.rules);
    this.#config = { ...config, outputDir: this.#config.outputDir };
    this.#incidents.configure(this.#config);
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
  readonly snapshot = (reason?: string): number => this.#incidents.snapshot(reason);
  /** The incidents that are open now. */
  readonly openIncidents = (): readonly Incident[] => this.#incidents.open();
  /** What is known of trees, what was counted, by cause, and since when: for metrics. */
  readonly facts = () => ({
    trees: this.#incidents.shares,
    counted: this.#losses.now(),
    suppressed: this.#incidents.suppressed,
    isAttached: this.#supervision.isWatching,
    startedAtMs: this.#record.startedAtMs,
    troubles: this.troubles.bySubject(),
    isAgeSuspended: this.#record.ageDoubt !== undefined,
  });

  /** Whether every thread answers when it is asked, or is on its way back. */
  answers(): boolean {
    const now = monotonicNs();
    return [this.#supervision.detector, this.#runner, this.#janitor].every((thread) => !thread.isSilent(now));
  }

  // --- the parts ---

  #makeIncidentService(options: SupervisorOptions): IncidentService {
    return new IncidentService({
      config: options.config,
      sourceName: options.sourceName,
      incidents: options.incidents ?? [],
      tell: (event) => this.#tell(event),
      losses: () => this.#losses.now(),
      freeze: () => freezeMemory(options.source.memory),
      send: (order, frozen) => {
        this.#hasRoom();
        return this.#runner.post({ type: "collect", order, frozen }, [frozen.table, frozen.operations]);
      },
      notify: (notice) => this.#runner.post({ type: "notify", notice }),
      watchingSinceNs: () => this.#supervision.sinceNs,
      clientLists: () => this.#supervision.clientLists,
      attribute: attributeOnHost,
      findHangs: findHangsOnHost,
    });
  }

  /** The receivers of reports from runner and janitor. */
  #makeReportHandlers(): ReportHandlers {
    return {
      incidents: this.#incidents,
      losses: this.#losses,
      sampler: this.#sampler,
      tell: (event) => this.#tell(event),
      isReady: () => startOnce(this.#supervision.detector, [this.#runner, this.#janitor]),
      sweep: () => this.#janitor.post({ type: "sweep", protectedNames: this.#incidents.protectedNames() }),
      isFirstFind: () => this.#supervision.detector.idle,
      stored: (stored) => this.#record.noteStored(stored),
      blocked: () => this.upkeep.check(),
      clock: (doubt) => {
        this.#record.ageDoubt = doubt?.text;
        const isTrouble = doubt?.isEvidence === true;
        this.troubles.note("clock", isTrouble ? { text: doubt.text, isRepaired: false } : undefined);
      },
    };
  }

  #tell(event: SupervisorEvent): void {
    this.#record.take(event, clockPair());
    this.#options.tell(event);
    if (event.type === "clientLists") this.#runner.post(event);
    // Evidence is missing, for any reason. The next capture that is made ends the trouble.
    if (event.type === "collected") this.troubles.note("captures", undefined);
    if (event.type === "dropped" && !this.#isStopping)
      this.troubles.note("captures", {
        text: `the last one was dropped: ${event.reason}`,
        isRepaired: false,
      });
    this.#sampler.consider(event, this.#incidents.open().length, monotonicNs());
  }

  /** Whether the next thread or capture finds enough file descriptors. */
  #hasRoom(): boolean {
    const hasRoom = this.#resources.hasRoom();
    this.troubles.note("resources", this.#resources.finding());
    return hasRoom;
  }

  /** Shortages that all threads have met, by cause. */
  #exhausted(): Losses {
    const threads = [this.#supervision?.detector, this.#runner, this.#janitor];
    return sumLosses([exhaustionLosses(), ...threads.map((thread) => thread?.exhausted ?? {})]);
  }

  // --- threads ---

  #beginRunner(): readonly ToRunner[] {
    const { notify } = this.#config;
    const { path: outputDir } = this.#options.folder;
    const { tableAddress, tableBytes } = this.#options.source.memory;
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
    this.#tell({ type: "stopping" });
    this.upkeep.end();
    this.#supervision.detach();
    const detectorClosed = await this.#supervision.detector.stop(STOP_WITHIN_MS.detector);
    const [runnerClosed] = await Promise.all([
      this.#runner.stop(STOP_WITHIN_MS.runner),
      this.#janitor.stop(STOP_WITHIN_MS.janitor),
    ]);
    this.#incidents.close();
    this.#incidents.dropAll("aod was stopped before it was complete");
    this.#losses.end();
    this.#resources.end();
    this.figures.end();
    this.#tell({
      type: "stopped",
      ...this.#losses.threads,
      losses: this.#losses.now(),
      open: this.#incidents.open(),
    });
    // A thread that is still blocked may yet read the memory; the end of the process takes it all.
    if (detectorClosed && runnerClosed) this.#supervision.release();
  }
}
