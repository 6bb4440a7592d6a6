import { describe, expect, test } from "bun:test";
import type { Assignments } from "../../src/daemon/service-manager.ts";
import { pingEveryMs, ServiceNotices } from "../../src/daemon/service-notices.ts";
import type { Incident } from "../../src/model/incident.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import { anEvent } from "../helpers/event.ts";
import { anIncident, OPENED_AT_MS } from "../helpers/incident.ts";
import { waitUntil } from "../helpers/wait-until.ts";

function aService(watchdogMs?: number) {
  const sent: Assignments[] = [];
  const state = { open: [] as Incident[], answers: true };
  const service = new ServiceNotices({
    manager: { watchdogMs, send: (assignments) => void sent.push(assignments), close: () => undefined },
    openIncidents: () => state.open,
    answers: () => state.answers,
  });
  const take = (...types: Parameters<typeof anEvent>[0][]) => {
    for (const type of types) service.take(anEvent(type));
  };
  /** Everything that was sent since the last call. */
  const news = () => sent.splice(0);
  return { service, state, take, news };
}

const WATCHING = "watching every SMB request of the kernel's client; 1 rule; no open incidents";
const WAITING =
  "waiting for the kernel module cifs: it attaches when a share is mounted; 1 rule; no open incidents";

describe("systemd is notified", () => {
  test("that aod is ready when it is attached, and not before", () => {
    const { take, news } = aService();
    take("configured", "watching");
    expect(news()).toEqual([{ STATUS: "starting" }]);
    take("attached");
    expect(news()).toEqual([{ READY: 1, STATUS: WATCHING }]);
  });

  test("that aod is ready on a host without cifs, and once only", () => {
    const { take, news } = aService();
    take("configured", "watching", "waiting");
    expect(news().at(-1)).toEqual({ READY: 1, STATUS: WAITING });
    take("attached", "released", "attached");
    expect(news().map(({ READY, STATUS }) => [READY, String(STATUS).split(";")[0]])).toEqual([
      [undefined, "watching every SMB request of the kernel's client"],
      [undefined, "no cifs mount left: waiting for the next one"],
      [undefined, "watching every SMB request of the kernel's client"],
    ]);
  });

  test("which incident has been open longest, and not again without a change", () => {
    const { state, take, news } = aService();
    take("configured", "watching", "attached");
    news();
    state.open = [anIncident()];
    take("opened", "ongoing", "collected");
    expect(news()).toEqual([
      {
        STATUS:
          "watching every SMB request of the kernel's client; 1 rule; " +
          "1 open incident: slow on //files/db since 2026-11-23T01:23:45Z",
      },
    ]);
    state.open = [anIncident({ share: "//b/c", openedAtMs: OPENED_AT_MS + 5_000 }), anIncident()];
    take("opened");
    expect(news()[0]?.STATUS).toEndWith(
      "2 open incidents, the oldest slow on //files/db since 2026-11-23T01:23:45Z",
    );
    state.open = [];
    take("resolved");
    expect(news()).toEqual([{ STATUS: WATCHING }]);
  });

  test("of a reload, and of its refusal until a reload succeeds", () => {
    const { service, take, news } = aService();
    take("configured", "watching", "attached");
    news();
    const refused = service.reloading();
    expect(news()).toEqual([{ RELOADING: 1, MONOTONIC_USEC: expect.any(Number) }]);
    refused("/etc/aod.yaml: 2 errors");
    const STATUS = `${WATCHING}; the last reload was refused: /etc/aod.yaml: 2 errors`;
    expect(news()).toEqual([{ READY: 1, STATUS }]);
    const applied = service.reloading();
    take("configured");
    applied(undefined);
    expect(news().slice(1)).toEqual([{ READY: 1, STATUS: WATCHING }]);
  });

  test("of no reload before aod is ready: systemd would take its end for the end of the start", () => {
    const { service, take, news } = aService();
    take("configured");
    service.reloading()(undefined);
    expect(news()).toEqual([{ STATUS: "starting" }]);
  });

  test("of the time of a reload by the clock that systemd reads", () => {
    const { service, take, news } = aService();
    take("configured", "watching", "attached");
    const beforeUs = monotonicNs() / 1000;
    service.reloading();
    const { MONOTONIC_USEC } = news().at(-1) ?? {};
    expect(MONOTONIC_USEC).toBeInteger();
    expect(MONOTONIC_USEC).toBeWithin(Math.floor(beforeUs), monotonicNs() / 1000);
  });

  test("that the detector is missing, that aod cannot continue, and that it stops", () => {
    const { service, take, news } = aService();
    take("configured", "watching", "attached");
    service.take(anEvent("restarting", { thread: "runner" }));
    expect(news().at(-1)?.STATUS).toBe(WATCHING);
    service.take(anEvent("restarting", { thread: "detector" }));
    expect(news().at(-1)?.STATUS).toStartWith("the detector failed and is restarting; 1 rule");
    take("watching");
    expect(news()).toEqual([{ STATUS: WATCHING }]);
    take("stopping");
    expect(news()).toEqual([{ STOPPING: 1, STATUS: "stopping" }]);
    const failing = aService();
    failing.take("configured", "watching", "attached", "fatal", "stopping");
    expect(failing.news().at(-1)).toEqual({ STOPPING: 1, STATUS: "cannot continue: no" });
  });

  test("that aod is alive, as long as every thread answers", async () => {
    const { state, take, news } = aService(30);
    take("configured", "watching", "attached");
    const beats: Assignments[] = [];
    await waitUntil(() => beats.push(...news().filter(({ WATCHDOG }) => WATCHDOG === 1)) >= 3);
    state.answers = false;
    news();
    await Bun.sleep(100);
    expect(news()).toEqual([]);
    state.answers = true;
    await waitUntil(() => news().length > 0);
    take("stopping", "stopped");
    news();
    await Bun.sleep(50);
    expect(news()).toEqual([]);
  });

  test("of nothing periodically without a watchdog", async () => {
    const { take, news } = aService();
    take("configured", "watching", "attached");
    news();
    await Bun.sleep(50);
    expect(news()).toEqual([]);
  });
});

describe("threads are pinged", () => {
  test.each([
    [undefined, undefined],
    [60_000, 10_000],
    [600_000, 10_000],
    [3_000, 500],
  ])("often enough for a watchdog of %p ms: every %p ms", (watchdogMs, everyMs) => {
    expect(pingEveryMs(watchdogMs)).toBe(everyMs);
  });
});
