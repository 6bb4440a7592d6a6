// The main thread's work: starts the three workers, routes what they report, keeps the attachment, stops everything in
// order. In: a configuration, a source of requests and the way to make workers; out: events. Detecting, collecting and
// deleting happen in the workers; deciding happens in the pure files beside it.

import { attributeOnHost } from "../cifs/attribution.ts";
import { freezeMemory } from "../kernel/table.ts";
import type { Config } from "../model/config.ts";
import { type Failure, toFailure } from "../model/failure.ts";
import type { Incident } from "../model/incident.ts";
import { monotonicNs } from "../system/clock.ts";
import { signalEventFd } from "../system/eventfd.ts";
import type {
  FromDetector,
  FromJanitor,
  FromRunner,
  ToDetector,
  ToJanitor,
  ToRunner,
} from "../thread/messages.ts";
import type { Occasion } from "./attachment.ts";
import { isNews, type SupervisorEvent } from "./events.ts";
import { IncidentDesk } from "./incident-desk.ts";
import { LossWatch } from "./loss-watch.ts";
import { type AttachmentChange, ModuleWatch } from "./module-watch.ts";
import type { SupervisorOptions } from "./options.ts";
import { Sampler } from "./sampler.ts";
import { type Consequences, startOnce, supervised } from "./supervised.ts";
import type { ThreadHandle } from "./thread-handle.ts";
import { openWakeSources, type WakeSources } from "./wake-sources.ts";

/** All three stop within 5 s: what they have begun they may finish in this time. */
const STOP_WITHIN_MS = { detector: 500, runner: 4000, janitor: 300 } as const;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #sampler = new Sampler((reason) => this.#runner.post({ type: "sample", reason }));
  readonly #losses: LossWatch;
  readonly #desk: IncidentDesk;
  readonly #watch: ModuleWatch | undefined;
  readonly #wakeSources: WakeSources;
  readonly #detector: ThreadHandle<ToDetector, FromDetector>;
  readonly #runner: ThreadHandle<ToRunner, FromRunner>;
  readonly #janitor: ThreadHandle<ToJanitor, FromJanitor>;
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
      attribute: attributeOnHost,
    });
    const watched = options.watch;
    this.#watch = watched && new ModuleWatch(watched.object, (change) => this.#attachmentChanged(change));
    this.#wakeSources = openWakeSources(watched !== undefined);
    const { spawn, pingEveryMs } = options;
    const consequences: Consequences = {
      tell: (event) => this.#tell(event),
      lost: (thread) => {
        if (thread === "runner") this.#desk.dropAll("the runner failed and is started again");
      },
      end: (failure) => this.#ended?.(failure),
    };
    this.#detector = supervised("detector", consequences, {
      ...{ spawn: spawn.detector, pingEveryMs },
      begin: () => this.#beginDetector(),
      onReport: (report) => this.#fromDetector(report),
      wake: () => signalEventFd(this.#wakeSources.fds.wakeFd),
    });
    this.#runner = supervised("runner", consequences, {
      ...{ spawn: spawn.runner, pingEveryMs },
      begin: () => this.#beginRunner(),
      onReport: (report) => this.#fromRunner(report),
    });
    this.#janitor = supervised("janitor", consequences, {
      ...{ spawn: spawn.janitor, pingEveryMs },
      begin: () => this.#beginJanitor(),
      onReport: (report) => this.#fromJanitor(report),
    });
  }

  /**
   * Works until `stop` is called or something fails for good.
   * @returns that failure; undefined after a clean stop.
   */
  async run(): Promise<Failure | undefined> {
    const { promise: ended, resolve } = Promise.withResolvers<Failure | undefined>();
    this.#ended = resolve;
    this.#options.source.applyRules(this.#config.rules);
    this.#desk.begin();
    this.#tell({ type: "configured", config: this.#config, isStart: true });
    // The detector follows when both are ready: its anomalies become captures at once, and what has been spent is known.
    for (const thread of [this.#janitor, this.#runner]) thread.start();
    this.#losses.begin();
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
    this.#config = { ...config, outputDir: this.#config.outputDir };
    this.#options.source.applyRules(config.rules);
    this.#desk.configure(this.#config);
    this.#detector.post({ type: "configure", rules: config.rules });
    this.#runner.post({ type: "configure", notify: config.notify });
    this.#janitor.post({ type: "configure", limits: config.cleanup });
    this.#tell({ type: "configured", config: this.#config, isStart: false });
  }

  get config(): Config {
    return this.#config;
  }

  /** A capture now, because somebody asked for one. */
  readonly snapshot = (): void => this.#desk.snapshot();
  /** The incidents that are open now. */
  readonly openIncidents = (): readonly Incident[] => this.#desk.open();
  /** What is known of trees, and all that was counted, by cause. */
  readonly facts = () => ({ trees: this.#desk.shares, counted: this.#losses.now() });

  /** Whether every thread answers when it is asked, or is on its way back. */
  answers(): boolean {
    const now = monotonicNs();
    return [this.#detector, this.#runner, this.#janitor].every((thread) => !thread.isSilent(now));
  }

  #tell(event: SupervisorEvent): void {
    this.#options.tell(event);
    this.#sampler.consider(event, this.#desk.open().length, monotonicNs());
  }

  // --- threads ---

  #beginDetector(): readonly ToDetector[] {
    const handles = { ...this.#options.source.memory, ...this.#wakeSources.fds };
    const about = { source: this.#options.sourceName, rules: this.#config.rules };
    const start = { type: "start", handles, ...about } as const;
    return this.#watch?.attached ? [start, { type: "attached" }] : [start];
  }

  #beginRunner(): readonly ToRunner[] {
    const { outputDir, notify } = this.#config;
    const { tableAddress, tableBytes } = this.#options.source.memory;
    return [{ type: "start", outputDir, notify, table: { tableAddress, tableBytes } }];
  }

  #beginJanitor(): readonly ToJanitor[] {
    const { outputDir, cleanup: limits } = this.#config;
    return [{ type: "start", outputDir, limits, protectedNames: this.#desk.protectedNames() }];
  }

  #fromDetector(report: FromDetector): void {
    switch (report.type) {
      case "ready":
        this.#desk.detectorStarted();
        this.#tell({ type: "watching", rules: this.#config.rules.length, outputDir: this.#config.outputDir });
        this.#review("loaded");
        break;
      case "anomaly":
        this.#desk.observe(report.anomaly);
        break;
      case "recovered":
        this.#desk.recover(report.recovery);
        break;
      case "dead": {
        const closed = report.requests.filter((request) => this.#options.source.reap(request)).length;
        this.#tell({ type: "dead", found: report.requests.length, closed });
        break;
      }
      case "left":
        for (const one of report.operations) this.#options.source.reapOperation(one.startNs, one.taskId);
        break;
      case "hostChanged":
        this.#review(report.what === "module" ? "loaded" : "changed");
        break;
      case "shares":
        this.#desk.shares = report.shares;
        this.#options.source.placeTrees(report.shares);
        break;
      case "pulse":
        this.#losses.note({ detector: report.counts });
        break;
      case "failed":
      case "stopped":
        break;
      default:
        report satisfies never;
    }
  }

  #fromRunner(report: FromRunner): void {
    switch (report.type) {
      case "ready":
        startOnce(this.#detector, [this.#runner, this.#janitor]);
        this.#sampler.runnerStarted(this.#desk.open().length, monotonicNs());
        break;
      case "collected":
        this.#desk.collected(report.capture);
        this.#janitor.post({ type: "sweep", protectedNames: this.#desk.protectedNames() });
        break;
      case "dropped":
        this.#desk.dropped(report.orderId, report.reason);
        break;
      case "notified":
        this.#desk.notified(report.notice, report.outcome);
        break;
      case "pulse":
        this.#losses.note({ runner: report.counts });
        break;
      case "failed":
      case "stopped":
        break;
      default:
        report satisfies never;
    }
  }

  #fromJanitor(report: FromJanitor): void {
    switch (report.type) {
      case "ready":
        startOnce(this.#detector, [this.#runner, this.#janitor]);
        break;
      case "found":
        // A janitor that is started again finds what has been counted.
        if (this.#detector.idle) this.#desk.found(report.captures);
        break;
      case "swept":
        if (isNews(report)) this.#tell(report);
        break;
      case "pulse":
      case "failed":
      case "stopped":
        break;
      default:
        report satisfies never;
    }
  }

  // --- kernel ---

  #review(occasion: Occasion): void {
    try {
      this.#watch?.review(occasion);
    } catch (thrown) {
      const failure = toFailure(thrown);
      this.#tell({ type: "fatal", thread: "supervisor", failure });
      this.#ended?.(failure);
    }
  }

  #attachmentChanged(change: AttachmentChange): void {
    if (change.type === "attached") {
      this.#desk.watchingSinceNs = monotonicNs();
      this.#detector.post({ type: "attached" });
    }
    this.#tell(change);
  }

  // --- the end ---

  async #stopAll(): Promise<void> {
    this.#tell({ type: "stopping" });
    this.#watch?.close();
    const detectorClosed = await this.#detector.stop(STOP_WITHIN_MS.detector);
    const runnerClosed = await this.#runner.stop(STOP_WITHIN_MS.runner);
    await this.#janitor.stop(STOP_WITHIN_MS.janitor);
    this.#desk.close();
    this.#desk.dropAll("aod was stopped before it was complete");
    this.#losses.end();
    this.#tell({
      type: "stopped",
      ...this.#losses.threads,
      losses: this.#losses.now(),
      open: this.#desk.open(),
    });
    // A thread that is still blocked may yet read the memory; the end of the process takes it all.
    if (!detectorClosed || !runnerClosed) return;
    this.#options.source.close();
    this.#wakeSources.close();
  }
}
