// What watches: the programs' hold on cifs.ko, what wakes the detector, and the detector. In: a source of requests, rules, and
// who is handlers by what is found; out: calls to these, and since when nothing is missed. What becomes of a finding is
// decided by whoever has this: a supervisor, or a lookout.

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
  /** The detector works from now on; said again of each one that is started. */
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

  /** From when on no request is missing, as long as it watched, ns of CLOCK_MONOTONIC; undefined before it ever did. */
  get sinceNs(): number | undefined {
    return this.#sinceNs;
  }

  /** Whether the SMB client's own lists can be read, as far as the detector has tried. */
  get clientLists(): Readability {
    return this.#clientLists;
  }

  /** How near the rules have come to tripping within the last hour, as of the detector's last pulse. */
  get approaches(): readonly Approach[] {
    return this.#approaches;
  }

  /** To be started, to be asked whether it answers, to be stopped. The rest is done here. */
  get detector(): Pick<
    ThreadHandle<ToDetector, FromDetector>,
    "idle" | "isSilent" | "exhausted" | "start" | "stop"
  > {
    return this.#detector;
  }

  /** These rules count, in the kernel at once. Throws where the kernel refuses them: then those before are in force. */
  apply(rules: readonly Rule[]): void {
    this.#options.origin.source.applyRules(rules);
    this.#rules = rules;
    this.#approaches = [];
    this.#detector.post({ type: "configure", rules });
  }

  /** Lets go of the module; what is on the ring the detector still reads. */
  detach(): void {
    this.#module?.close();
  }

  /** Gives back the kernel's memory. Only when no thread may read it any more. */
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
    // Synthetic traffic is seen as soon as somebody reads it.
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
