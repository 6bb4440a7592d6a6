// Runs the detector with everything that it needs: the attachment to cifs.ko, the sources that wake it, its rules. It
// knows since when no request is missing. The owner, a supervisor or a StandaloneMonitor, decides what becomes of the
// findings.

import type { Approach } from "../model/approach.ts";
import { toFailure } from "../model/failure.ts";
import type { Readability } from "../model/readability.ts";
import type { Rule } from "../model/rule.ts";
import { monotonicNs } from "../system/clock.ts";
import { signalEventFd } from "../system/eventfd.ts";
import type { FromDetector, ToDetector } from "../thread/messages.ts";
import type { ReviewTrigger } from "./attachment.ts";
import { type AttachmentChange, ModuleWatch } from "./module-watch.ts";
import type { Origin, SpawnTable } from "./options.ts";
import { type DetectorReportHandlers, routeDetector } from "./routes.ts";
import { type FailureHandlers, supervise } from "./supervise.ts";
import type { ThreadHandle } from "./thread-handle.ts";
import { openWakeSources, type WakeSources } from "./wake-sources.ts";

export interface DetectorSupervisionOptions {
  /** Its source is closed by `release`. */
  readonly origin: Origin;
  readonly spawn: SpawnTable["detector"];
  /** As ThreadOptions.hasRoom. */
  readonly hasRoom?: (() => boolean) | undefined;
  readonly pingEveryMs?: number | undefined;
  readonly failureHandlers: FailureHandlers;
  readonly incidents: DetectorReportHandlers["incidents"];
  readonly losses: DetectorReportHandlers["losses"];
  /** The detector works; called again after each restart. */
  readonly onWorking?: () => void;
}

export class DetectorSupervision {
  readonly #options: DetectorSupervisionOptions;
  readonly #module: ModuleWatch | undefined;
  readonly #wakeSources: WakeSources;
  readonly #detector: ThreadHandle<ToDetector, FromDetector>;
  #rules: readonly Rule[] = [];
  #sinceNs: number | undefined;
  #clientLists: Readability = "readable";
  #approaches: readonly Approach[] = [];

  constructor(options: DetectorSupervisionOptions) {
    const { origin, spawn, hasRoom, pingEveryMs, failureHandlers, incidents, losses } = options;
    this.#options = options;
    this.#module =
      origin.kind === "kernel"
        ? new ModuleWatch(origin.source.object, (change) => this.#attachmentChanged(change))
        : undefined;
    this.#wakeSources = openWakeSources(origin.kind === "kernel");
    const handlers: DetectorReportHandlers = {
      source: origin.source,
      incidents,
      losses,
      publish: failureHandlers.publish,
      onWorking: () => this.#detectorWorks(),
      onListsChanged: (readability) => this.#listsChanged(readability),
      onApproaches: (approaches) => {
        this.#approaches = approaches;
      },
      review: (trigger) => this.#review(trigger),
    };
    this.#detector = supervise("detector", failureHandlers, {
      spawn,
      hasRoom,
      pingEveryMs,
      begin: () => this.#begin(),
      onReport: (report) => routeDetector(report, handlers),
      wake: () => signalEventFd(this.#wakeSources.fds.wakeFd),
    });
  }

  get isWatching(): boolean {
    return this.#module === undefined ? this.#sinceNs !== undefined : this.#module.attached;
  }

  /** Since when no request is missing, ns of CLOCK_MONOTONIC; undefined until aod has attached for the first time. */
  get sinceNs(): number | undefined {
    return this.#sinceNs;
  }

  /** Whether the SMB client's own lists can be read, at the detector's last attempt. */
  get clientLists(): Readability {
    return this.#clientLists;
  }

  /** How near the rules have come to tripping within the last hour, at the last pulse of the detector. */
  get approaches(): readonly Approach[] {
    return this.#approaches;
  }

  /** The thread, for its owner to start, check and stop. Everything else is done here. */
  get detector(): Pick<
    ThreadHandle<ToDetector, FromDetector>,
    "idle" | "isSilent" | "exhausted" | "start" | "stop"
  > {
    return this.#detector;
  }

  /**
   * Puts rules in force, in the kernel at once. Throws if the kernel refuses them: then the previous rules stay in
   * force.
   */
  apply(rules: readonly Rule[]): void {
    this.#options.origin.source.applyRules(rules);
    this.#rules = rules;
    this.#approaches = [];
    this.#detector.post({ type: "configure", rules });
  }

  /** Detaches from the module; the detector still reads the records that are on the ring. */
  detach(): void {
    this.#module?.close();
  }

  /** Unmaps the kernel's memory. Only when no thread can read it any more. */
  release(): void {
    this.#options.origin.source.close();
    this.#wakeSources.close();
  }

  // --- internal ---

  #begin(): readonly ToDetector[] {
    const { origin, incidents } = this.#options;
    const handles = { ...origin.source.memory, ...this.#wakeSources.fds };
    const start = {
      type: "start",
      handles,
      source: origin.kind,
      rules: this.#rules,
      trees: incidents.shares,
    } as const;
    return this.#module?.attached ? [start, { type: "attached" }] : [start];
  }

  #detectorWorks(): void {
    // Synthetic traffic is seen as soon as the detector reads it.
    if (this.#module === undefined) this.#sinceNs ??= monotonicNs();
    this.#options.onWorking?.();
  }

  #listsChanged(readability: Readability): void {
    if (readability === this.#clientLists) return;
    this.#clientLists = readability;
    this.#options.failureHandlers.publish({ type: "clientLists", readability });
  }

  #review(trigger: ReviewTrigger): void {
    try {
      this.#module?.review(trigger);
    } catch (thrown) {
      const failure = toFailure(thrown);
      this.#options.failureHandlers.publish({ type: "fatal", thread: "supervisor", failure });
      this.#options.failureHandlers.end(failure);
    }
  }

  #attachmentChanged(change: AttachmentChange): void {
    if (change.type === "attached") {
      this.#sinceNs = monotonicNs();
      this.#detector.post({ type: "attached" });
    }
    this.#options.failureHandlers.publish(change);
  }
}
