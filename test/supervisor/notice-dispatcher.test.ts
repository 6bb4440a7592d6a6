import { describe, expect, test } from "bun:test";
import type { Config } from "../../src/model/config.ts";
import { NOTICE_EVENTS, type Notice, type NoticeEvent } from "../../src/model/notice.ts";
import type { SupervisorEvent } from "../../src/supervisor/events.ts";
import { NoticeDispatcher } from "../../src/supervisor/notice-dispatcher.ts";
import { anIncident } from "../helpers/incident.ts";
import { NO_REPORT } from "../helpers/report.ts";
import { SERVER, UNKNOWN } from "../helpers/verdict.ts";

const [FIRST, SECOND] = [
  "aod_20261123T012345.700Z_slow.tar.zst",
  "aod_20261123T012405.700Z_slow.tar.zst",
] as const;
const incident = anIncident({ captures: [FIRST, SECOND], verdict: SERVER });
const opened = { type: "opened", incident, anomaly: {} } as unknown as SupervisorEvent;
const resolved: SupervisorEvent = { type: "resolved", incident };

function captured(parts: Partial<Extract<SupervisorEvent, { type: "collected" }>> = {}): SupervisorEvent {
  const capture = {
    orderId: 1,
    incidentId: incident.id,
    name: FIRST,
    bytes: 1,
    durationMs: 1,
    actions: [],
    verdict: UNKNOWN,
    report: NO_REPORT,
  };
  return { type: "collected", capture, incident, ...parts };
}

function aDispatcher({ hasRunner = true, on = NOTICE_EVENTS as readonly NoticeEvent[] } = {}) {
  const sent: Notice[] = [];
  const published: SupervisorEvent[] = [];
  const dispatcher = new NoticeDispatcher({
    publish: (event) => published.push(event),
    send: (notice) => {
      if (hasRunner) sent.push(notice);
      return hasRunner;
    },
  });
  const config = {
    outputDir: "/srv/aod",
    notify: { command: ["/x"], on, timeoutMs: 1 },
  } as unknown as Config;
  return { dispatcher, sent, published, config };
}

describe("notices", () => {
  test("name the event, the incident, and its newest capture", () => {
    const { dispatcher, sent, config } = aDispatcher();
    for (const event of [opened, captured(), resolved]) dispatcher.consider(event, config);
    const { id: incidentId, server, family } = incident;
    const about = { incidentId, server, family, rule: "slow", share: "//files/db", status: "" };
    expect(sent).toEqual([
      { noticeId: 1, event: "opened", ...about, capture: "", verdict: "" },
      { noticeId: 2, event: "captured", ...about, capture: `/srv/aod/batches/${FIRST}`, verdict: "unknown" },
      { noticeId: 3, event: "resolved", ...about, capture: `/srv/aod/batches/${SECOND}`, verdict: "server" },
    ]);
  });

  test("of a capture on demand name no incident", () => {
    const { dispatcher, sent, config } = aDispatcher();
    const name = "aod_20261123T012345.678Z_manual.tar.zst";
    const capture = {
      orderId: 1,
      incidentId: undefined,
      name,
      bytes: 1,
      durationMs: 1,
      actions: [],
      verdict: UNKNOWN,
      report: NO_REPORT,
    };
    dispatcher.consider(captured({ capture, incident: undefined }), config);
    expect(sent).toMatchObject([{ event: "captured", incidentId: undefined, rule: "manual", share: "" }]);
  });

  test("are sent for the configured events, and for no other", () => {
    const { dispatcher, sent, config } = aDispatcher({ on: ["resolved"] });
    const others: SupervisorEvent[] = [{ type: "stopping" }, { type: "lost", cause: "x", count: 1 }];
    for (const event of [opened, captured(), resolved, ...others]) dispatcher.consider(event, config);
    expect(sent.map(({ event }) => event)).toEqual(["resolved"]);
    dispatcher.consider(resolved, { ...config, notify: undefined });
    expect(sent).toHaveLength(1);
  });

  test("that get lost are reported as dropped, once", () => {
    const { dispatcher, sent, published, config } = aDispatcher();
    dispatcher.consider(opened, config);
    dispatcher.consider(resolved, config);
    const [first] = sent as [Notice];
    dispatcher.done(first, { status: "ok", exitCode: 0, durationMs: 1, reason: undefined });
    dispatcher.dropAll("the runner failed");
    dispatcher.dropAll("again");
    expect(published).toMatchObject([
      { type: "notified", outcome: { status: "ok" } },
      {
        type: "notified",
        notice: { event: "resolved" },
        outcome: { status: "dropped", reason: "the runner failed" },
      },
    ]);
    const without = aDispatcher({ hasRunner: false });
    without.dispatcher.consider(opened, without.config);
    expect(without.published).toMatchObject([{ outcome: { status: "dropped" } }]);
  });
});
