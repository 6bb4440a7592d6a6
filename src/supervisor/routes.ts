// Routes the reports of the workers to the parts that handle them: one function for each worker. The supervisor decides
// in which order threads are started, and what ends the process.

import type { RequestSource } from "../kernel/source.ts";
import type { Approach } from "../model/approach.ts";
import type { Readability } from "../model/readability.ts";
import type { ClockDoubt } from "../model/trouble.ts";
import { monotonicNs } from "../system/clock.ts";
import type { FromDetector, FromJanitor, FromRunner } from "../thread/messages.ts";
import type { ReviewTrigger } from "./attachment.ts";
import { isNews, type SupervisorEvent } from "./events.ts";
import type { IncidentService } from "./incident-service.ts";
import type { LossWatch } from "./loss-watch.ts";
import type { NoticeDispatcher } from "./notice-dispatcher.ts";
import type { Sampler } from "./sampler.ts";

/**
 * The receivers of reports from the detector: parts of a supervisor, or of a StandaloneMonitor, which has no other
 * worker.
 */
export interface DetectorReportHandlers {
  readonly source: RequestSource;
  readonly incidents: Pick<IncidentService, "detectorStarted" | "observe" | "recover" | "shares">;
  readonly losses: LossWatch;
  readonly publish: (event: SupervisorEvent) => void;
  /** The detector works from now on. */
  readonly onWorking: () => void;
  /** The readability of DebugData, whenever it changes. */
  readonly onListsChanged: (readability: Readability) => void;
  /** How near the rules have come to tripping. */
  readonly onApproaches: (approaches: readonly Approach[]) => void;
  /** The module may have come or gone. */
  readonly review: (trigger: ReviewTrigger) => void;
}

/** The receivers of reports from the runner and the janitor. */
export interface ReportHandlers {
  readonly incidents: IncidentService;
  readonly notices: NoticeDispatcher;
  readonly losses: LossWatch;
  readonly sampler: Sampler;
  readonly publish: (event: SupervisorEvent) => void;
  /** The runner or the janitor is ready. */
  readonly onReady: () => void;
  /** Has the janitor sweep: there is a new capture. */
  readonly sweep: () => void;
  /** Whether this is the first report of existing captures; a restarted janitor reports them again. */
  readonly isFirstFind: () => boolean;
  /** The folder can't be used; it should be checked now. */
  readonly onBlocked: () => void;
  /** The janitor has checked the clock. */
  readonly onClockChecked: (doubt: ClockDoubt | undefined) => void;
  /** Captures that remain on the disk after a sweep. */
  readonly onStored: (captures: { readonly count: number; readonly bytes: number }) => void;
}

export function routeDetector(report: FromDetector, handlers: DetectorReportHandlers): void {
  const { incidents, source, publish } = handlers;
  switch (report.type) {
    case "ready":
      incidents.detectorStarted();
      handlers.onWorking();
      handlers.review("loaded");
      break;
    case "anomaly":
      incidents.observe(report.anomaly);
      break;
    case "recovered":
      incidents.recover(report.recovery);
      break;
    case "orphanedRequests": {
      const closed = report.requests.filter((request) => source.reap(request)).length;
      publish({ type: "orphaned", found: report.requests.length, closed });
      break;
    }
    case "abandonedOperations":
      for (const one of report.operations) source.reapOperation(one.startNs, one.taskId);
      break;
    case "hostChanged":
      handlers.review(report.what === "module" ? "loaded" : "changed");
      break;
    case "shares":
      incidents.shares = report.shares;
      source.placeTrees(report.shares);
      break;
    case "kernelLog":
      publish(report);
      break;
    case "clientLists":
      handlers.onListsChanged(report.readability);
      break;
    case "approaches":
      handlers.onApproaches(report.approaches);
      break;
    case "pulse":
      handlers.losses.note({ detector: report.counts });
      break;
    case "failed":
    case "stopped":
      break;
    default:
      report satisfies never;
  }
}

export function routeRunner(report: FromRunner, handlers: ReportHandlers): void {
  const { incidents } = handlers;
  switch (report.type) {
    case "ready":
      handlers.onReady();
      handlers.sampler.runnerStarted(incidents.open().length, monotonicNs());
      break;
    case "progress":
      handlers.publish(report);
      break;
    case "collected":
      incidents.collected(report.capture);
      handlers.sweep();
      break;
    case "dropped":
      incidents.dropped(report.orderId, report.reason);
      handlers.onBlocked();
      break;
    case "notified":
      handlers.notices.done(report.notice, report.outcome);
      break;
    case "pulse":
      handlers.losses.note({ runner: report.counts });
      break;
    case "failed":
    case "stopped":
      break;
    default:
      report satisfies never;
  }
}

export function routeJanitor(report: FromJanitor, handlers: ReportHandlers): void {
  switch (report.type) {
    case "ready":
      handlers.onReady();
      break;
    case "found":
      if (handlers.isFirstFind()) handlers.incidents.found(report.captures);
      break;
    case "blocked":
      handlers.onBlocked();
      break;
    case "swept":
      handlers.onStored({ count: report.storedCount, bytes: report.storedBytes });
      handlers.onClockChecked(report.ageDoubt);
      if (isNews(report)) handlers.publish(report);
      break;
    case "pulse":
    case "failed":
    case "stopped":
      break;
    default:
      report satisfies never;
  }
}
