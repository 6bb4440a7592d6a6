// What becomes of the workers' reports: one function for each arrow. In: a report, and who is concerned; out: calls. The order in
// which threads are started, and what ends the process, is the supervisor's.

import type { RequestSource } from "../kernel/source.ts";
import type { Approach } from "../model/approach.ts";
import type { Readability } from "../model/readability.ts";
import type { ClockDoubt } from "../model/trouble.ts";
import { monotonicNs } from "../system/clock.ts";
import type { FromDetector, FromJanitor, FromRunner } from "../thread/messages.ts";
import type { Occasion } from "./attachment.ts";
import { isNews, type SupervisorEvent } from "./events.ts";
import type { IncidentDesk } from "./incident-desk.ts";
import type { LossWatch } from "./loss-watch.ts";
import type { Sampler } from "./sampler.ts";

/** Whom the detector's reports concern: a supervisor, or a lookout, which has no other worker. */
export interface ConcernedByDetector {
  readonly source: RequestSource;
  readonly desk: Pick<IncidentDesk, "detectorStarted" | "observe" | "recover" | "shares">;
  readonly losses: LossWatch;
  readonly tell: (event: SupervisorEvent) => void;
  /** The detector works from now on. */
  readonly watches: () => void;
  /** Whether DebugData can be read has changed. */
  readonly listsChanged: (readability: Readability) => void;
  /** How near the rules have come to tripping. */
  readonly approached: (approaches: readonly Approach[]) => void;
  /** The module may have come or gone. */
  readonly review: (occasion: Occasion) => void;
}

/** Whom those of the runner and the janitor concern. */
export interface Concerned {
  readonly desk: IncidentDesk;
  readonly losses: LossWatch;
  readonly sampler: Sampler;
  readonly tell: (event: SupervisorEvent) => void;
  /** The runner or the janitor is ready. */
  readonly isReady: () => void;
  /** There is a capture more. */
  readonly sweep: () => void;
  /** What lies on the disk is counted once: a janitor that is started again finds it too. */
  readonly isFirstFind: () => boolean;
  /** The folder can't be used and is to be checked now. */
  readonly blocked: () => void;
  /** The janitor has checked the clock. */
  readonly clock: (doubt: ClockDoubt | undefined) => void;
  /** Captures that are left on the disk. */
  readonly kept: (captures: { readonly count: number; readonly bytes: number }) => void;
}

export function routeDetector(report: FromDetector, concerned: ConcernedByDetector): void {
  const { desk, source, tell } = concerned;
  switch (report.type) {
    case "ready":
      desk.detectorStarted();
      concerned.watches();
      concerned.review("loaded");
      break;
    case "anomaly":
      desk.observe(report.anomaly);
      break;
    case "recovered":
      desk.recover(report.recovery);
      break;
    case "orphanedRequests": {
      const closed = report.requests.filter((request) => source.reap(request)).length;
      tell({ type: "orphaned", found: report.requests.length, closed });
      break;
    }
    case "abandonedOperations":
      for (const one of report.operations) source.reapOperation(one.startNs, one.taskId);
      break;
    case "hostChanged":
      concerned.review(report.what === "module" ? "loaded" : "changed");
      break;
    case "shares":
      desk.shares = report.shares;
      source.placeTrees(report.shares);
      break;
    case "kernelLog":
      tell(report);
      break;
    case "clientLists":
      concerned.listsChanged(report.readability);
      break;
    case "approaches":
      concerned.approached(report.approaches);
      break;
    case "pulse":
      concerned.losses.note({ detector: report.counts });
      break;
    case "failed":
    case "stopped":
      break;
    default:
      report satisfies never;
  }
}

export function routeRunner(report: FromRunner, concerned: Concerned): void {
  const { desk } = concerned;
  switch (report.type) {
    case "ready":
      concerned.isReady();
      concerned.sampler.runnerStarted(desk.open().length, monotonicNs());
      break;
    case "progress":
      concerned.tell(report);
      break;
    case "collected":
      desk.collected(report.capture);
      concerned.sweep();
      break;
    case "dropped":
      desk.dropped(report.orderId, report.reason);
      concerned.blocked();
      break;
    case "notified":
      desk.notified(report.notice, report.outcome);
      break;
    case "pulse":
      concerned.losses.note({ runner: report.counts });
      break;
    case "failed":
    case "stopped":
      break;
    default:
      report satisfies never;
  }
}

export function routeJanitor(report: FromJanitor, concerned: Concerned): void {
  switch (report.type) {
    case "ready":
      concerned.isReady();
      break;
    case "found":
      if (concerned.isFirstFind()) concerned.desk.found(report.captures);
      break;
    case "blocked":
      concerned.blocked();
      break;
    case "swept":
      concerned.kept({ count: report.storedCount, bytes: report.storedBytes });
      concerned.clock(report.ageDoubt);
      if (isNews(report)) concerned.tell(report);
      break;
    case "pulse":
    case "failed":
    case "stopped":
      break;
    default:
      report satisfies never;
  }
}
