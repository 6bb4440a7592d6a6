// Sends notices of events to the runner, and publishes the outcome of each. It holds the notices in flight. The runner
// runs the program of `notify`, and limits how many run at once.

import { join } from "node:path";
import { parseCaptureName } from "../model/capture-name.ts";
import type { Config } from "../model/config.ts";
import type { Incident } from "../model/incident.ts";
import { droppedNotice, type Notice, type NoticeOutcome } from "../model/notice.ts";
import { statusesText } from "../model/status-count.ts";
import { BATCHES } from "../system/batches-folder.ts";
import type { SupervisorEvent } from "./events.ts";

export interface NoticeDispatcherOptions {
  readonly publish: (event: SupervisorEvent) => void;
  /** Sends a notice to the runner; false if there is no runner at the moment. */
  readonly send: (notice: Notice) => boolean;
}

export class NoticeDispatcher {
  readonly #options: NoticeDispatcherOptions;
  readonly #inFlight = new Map<number, Notice>();
  #lastId = 0;

  constructor(options: NoticeDispatcherOptions) {
    this.#options = options;
  }

  /** Sends a notice of an event if the configuration wants one. */
  consider(event: SupervisorEvent, config: Config): void {
    const about = noticeOf(event, config.outputDir);
    if (about === undefined || !config.notify?.on.includes(about.event)) return;
    const notice = { ...about, noticeId: ++this.#lastId };
    this.#inFlight.set(notice.noticeId, notice);
    if (!this.#options.send(notice)) this.done(notice, droppedNotice("the runner is restarting"));
  }

  done(notice: Notice, outcome: NoticeOutcome): void {
    this.#inFlight.delete(notice.noticeId);
    this.#options.publish({ type: "notified", notice, outcome });
  }

  /** Every notice in flight is lost. */
  dropAll(reason: string): void {
    for (const notice of [...this.#inFlight.values()]) this.done(notice, droppedNotice(reason));
  }
}

function noticeOf(event: SupervisorEvent, outputDir: string): Omit<Notice, "noticeId"> | undefined {
  const pathOf = (name: string | undefined) => (name === undefined ? "" : join(outputDir, BATCHES, name));
  const about = ({ id, server, family, rule, share, statuses }: Incident) => ({
    incidentId: id,
    server,
    family,
    rule,
    share,
    status: statusesText(statuses) ?? "",
  });
  switch (event.type) {
    case "opened":
      return { event: "opened", ...about(event.incident), capture: "", verdict: "" };
    case "resolved":
      return {
        event: "resolved",
        ...about(event.incident),
        capture: pathOf(event.incident.captures.at(-1)),
        verdict: event.incident.verdict?.cause ?? "",
      };
    case "collected": {
      const { incidentId, name, verdict } = event.capture;
      const rule = parseCaptureName(name)?.rule ?? "";
      const alone = { incidentId, server: "", family: "", rule, share: "", status: "" } as const;
      return {
        event: "captured",
        ...(event.incident === undefined ? alone : about(event.incident)),
        capture: pathOf(name),
        verdict: verdict.cause,
      };
    }
    default:
      return undefined;
  }
}
