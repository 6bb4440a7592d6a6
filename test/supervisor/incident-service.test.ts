import { afterEach, describe, expect, test } from "bun:test";
import type { Hang } from "../../src/live/hanging.ts";
import type { Anomaly } from "../../src/model/anomaly.ts";
import { type CaptureOrder, type CaptureSummary, ORDERS_MAX } from "../../src/model/capture.ts";
import type { Config } from "../../src/model/config.ts";
import type { Incident } from "../../src/model/incident.ts";
import type { SupervisorEvent } from "../../src/supervisor/events.ts";
import { IncidentService } from "../../src/supervisor/incident-service.ts";
import { anAttribution } from "../helpers/attribution.ts";
import { anIncident } from "../helpers/incident.ts";
import { NO_REPORT } from "../helpers/report.ts";
import { aRequest } from "../helpers/request.ts";
import { aLatencyRule } from "../helpers/rule.ts";
import { NO_REDACTION } from "../helpers/scrubber.ts";
import { SERVER } from "../helpers/verdict.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const RESOLVE_AFTER_MS = 50;
const services: IncidentService[] = [];
afterEach(() => {
  for (const service of services.splice(0)) service.close();
});

function aConfig(ruleName = "slow"): Config {
  return {
    file: undefined,
    sha256: "",
    outputDir: "/srv/aod",
    rules: [aLatencyRule({ name: ruleName })],
    defaultActions: [],
    customActions: [],
    capture: { budgetMs: 30_000, maxBytes: 2 ** 25, minFreeBytes: 0, withReport: true },
    hourly: { captures: 30, bytes: 2 ** 28 },
    captureCooldownMs: 60_000,
    resolveAfterMs: RESOLVE_AFTER_MS,
    auditEnabled: true,
    notify: undefined,
    redaction: NO_REDACTION,
    metrics: undefined,
    cleanup: { intervalMs: 1, maxAgeMs: 1, maxTotalBytes: 1 },
  };
}

function aService(incidents: readonly Incident[] = [], hangs: readonly Hang[] = []) {
  const published: SupervisorEvent[] = [];
  const orders: CaptureOrder[] = [];
  const steps: string[] = [];
  const service = new IncidentService({
    config: aConfig(),
    originKind: "demo",
    incidents,
    losses: () => ({}),
    publish: (event) => published.push(event),
    freeze: () => {
      steps.push("frozen");
      return { table: new ArrayBuffer(0), operations: new ArrayBuffer(0) };
    },
    watchingSinceNs: () => undefined,
    clientLists: () => "readable",
    attribute: (share) => {
      steps.push("attributed");
      return anAttribution({ server: share });
    },
    findHangs: () => hangs,
    send: (order) => orders.push(order) > 0,
  });
  services.push(service);
  const types = () => published.map(({ type }) => type).filter((type) => type !== "collecting");
  return { service, published, types, orders, steps };
}

function anAnomaly(parts: Partial<Anomaly> = {}): Anomaly {
  return {
    rule: "slow",
    ruleType: "latency",
    kind: "slow",
    share: "//files/db",
    occurredNs: 0,
    detectedNs: 0,
    count: 1,
    worstNs: 1,
    evidence: [],
    standing: undefined,
    statuses: [],
    ...parts,
  };
}

function aCaptureOf(order: CaptureOrder | undefined, bytes = 1): CaptureSummary {
  if (order === undefined) throw new RangeError("a capture without an order");
  const { orderId, incidentId } = order;
  return {
    orderId,
    incidentId,
    name: "x",
    bytes,
    durationMs: 1,
    actions: [],
    verdict: SERVER,
    report: NO_REPORT,
  };
}

function hang(count: number): Anomaly {
  return anAnomaly({ kind: "hung", standing: { count, oldestNs: 1e9 }, count: 0 });
}

const recovery = {
  rule: "slow",
  share: "//files/db",
  count: 2,
  abandoned: 0,
  unreported: 0,
  longestNs: 3e9,
  endedNs: 0,
};

describe("the incident service", () => {
  test("attributes an incident when it opens, in the order too, and after the table is frozen", () => {
    const { service, published, orders, steps } = aService();
    service.observe(anAnomaly());
    const attribution = anAttribution({ server: "//files/db" });
    expect(steps).toEqual(["frozen", "attributed"]);
    expect(orders[0]?.attribution).toEqual(attribution);
    expect(published.find(({ type }) => type === "opened")).toMatchObject({ incident: { attribution } });
    expect(service.open()[0]?.attribution).toEqual(attribution);
    service.observe(anAnomaly());
    expect(steps).toHaveLength(2);
  });

  test("publishes that an incident opens, worsens, is ongoing, recovers and is resolved", async () => {
    const { service, types, orders } = aService();
    service.observe(anAnomaly());
    service.observe(hang(1));
    service.observe(hang(2));
    await Bun.sleep(3 * RESOLVE_AFTER_MS);
    expect(types()).toEqual(["opened", "worsened", "ongoing"]);
    service.recover(recovery);
    await waitUntil(() => types().includes("resolved"));
    expect(types().slice(3)).toEqual(["recovered", "resolved"]);
    expect(orders.map(({ kind }) => kind)).toEqual(["slow", "hung"]);
  });

  test("publishes an ongoing incident only when it has doubled, whatever its kind", () => {
    const { service, types } = aService();
    service.observe(anAnomaly({ count: 10 }));
    service.observe(anAnomaly({ count: 1 }));
    service.observe(anAnomaly({ count: 9 }));
    service.observe(hang(4));
    for (let i = 0; i < 10; i++) service.observe(hang(5));
    expect(types()).toEqual(["opened", "ongoing", "worsened"]);
  });

  test("publishes a share that joins once, without a capture, and with its attribution", () => {
    const { service, published, types, orders } = aService();
    service.observe(hang(1));
    for (let i = 0; i < 3; i++) service.observe({ ...hang(1), share: "//files/home" });
    expect(types()).toEqual(["opened", "ongoing"]);
    expect(published.at(-1)).toMatchObject({
      joined: true,
      incident: { shares: ["//files/db", "//files/home"] },
    });
    expect(service.open()[0]?.attribution?.server).toBe("//files/home");
    expect(orders).toHaveLength(1);
  });

  test("publishes the recovery once, when nothing hangs for any rule on any share", () => {
    const { service, published } = aService();
    const shares = ["//files/db", "//files/home"];
    const rules = ["slow", "stuck"];
    service.configure({ ...aConfig(), rules: rules.map((name) => aLatencyRule({ name })) });
    for (const share of shares) for (const rule of rules) service.observe({ ...hang(2), share, rule });
    for (const share of shares) for (const rule of rules) service.recover({ ...recovery, share, rule });
    const recovered = published.filter(({ type }) => type === "recovered");
    expect(recovered).toMatchObject([{ ended: { count: 4, abandoned: 0, longestNs: 3e9 } }]);
  });

  test.each([
    ["a detector restarts", (service: IncidentService) => service.detectorStarted()],
    ["a reload removes its rule", (service: IncidentService) => service.configure(aConfig("other"))],
  ])("considers a hang as ended when %s", async (_, act) => {
    const { service, types } = aService();
    service.observe(hang(1));
    act(service);
    await waitUntil(() => types().includes("resolved"));
  });

  test("considers a hang as ended if it is reported for a rule that was removed", async () => {
    const { service, types } = aService();
    service.configure(aConfig("other"));
    service.observe(hang(1));
    await waitUntil(() => types().includes("resolved"));
  });

  test("continues an incident of the last run, and resolves it after quiet", async () => {
    const { service, published, types } = aService([anIncident({ id: "earlier" })]);
    service.begin();
    expect(service.open()).toMatchObject([{ id: "earlier" }]);
    await waitUntil(() => types().includes("resolved"));
    expect(published).toMatchObject([{ type: "resolved", incident: { id: "earlier" } }]);
  });

  test("a capture on demand during a hang is about the worst server, and lists the others", () => {
    const hang = (server: string, oldestNs: number): Hang => ({
      about: { server, shares: [`//${server}/a`], count: 1, oldestNs },
      evidence: [aRequest({ latencyMs: 0, comm: server })],
    });
    const { service, orders } = aService([], [hang("nas", 36e9), hang("other", 9e9)]);
    service.snapshot("users complain");
    expect(orders).toMatchObject([
      {
        trigger: "manual",
        reason: "users complain",
        share: "//nas/a",
        incidentId: undefined,
        attribution: { server: "//nas/a" },
        evidence: [{ comm: "nas" }],
        hanging: [{ server: "nas" }, { server: "other" }],
      },
    ]);
  });

  test("a capture on demand without a hang has no server", () => {
    const { service, orders } = aService();
    service.snapshot(undefined);
    expect(orders).toMatchObject([{ share: "", attribution: undefined, evidence: [], hanging: [] }]);
  });

  test("marks an order as repeat if the incident has a capture, also one in the making", () => {
    const { service, orders } = aService();
    service.observe(anAnomaly());
    service.observe(hang(1));
    service.observe(anAnomaly({ share: "//other/db" }));
    service.snapshot(undefined);
    expect(orders.map(({ isRepeat }) => isRepeat)).toEqual([false, true, false, false]);
    const { service: next, orders: nextOrders } = aService([anIncident({ captures: ["one"] })]);
    next.begin();
    next.observe(anAnomaly());
    expect(nextOrders[0]?.isRepeat).toBe(true);
  });

  test("a thousand anomalies spend one hourly limit, and the counts add up", () => {
    const { service, published, orders } = aService();
    for (let i = 0; i < 1000; i++) {
      const before = orders.length;
      service.observe(anAnomaly({ share: `//files${i % 100}/db` }));
      for (const order of orders.slice(before)) service.collected(aCaptureOf(order));
    }
    expect(orders).toHaveLength(15);
    const held = service.open().reduce((sum, { suppressed }) => sum + suppressed, 0);
    expect(held).toBe(1000 - 15);
    expect(published.some(({ type }) => type === "suppressed")).toBe(false);
    service.close();
    const counts = published.flatMap((event) => (event.type === "suppressed" ? [event.counts] : []));
    expect(counts).toEqual([{ cooldown: 15 * 9, captures_of_rule: 85 * 10 }]);
  });

  test("an anomaly without a free slot in the runner spends nothing, and a later one is captured", () => {
    const { service, published, orders, steps } = aService();
    const ofShare = (i: number) => anAnomaly({ share: `//files${i}/db` });
    for (let i = 0; i < 100; i++) service.observe(ofShare(i));
    expect(orders).toHaveLength(ORDERS_MAX - 2);
    expect(steps.filter((step) => step === "frozen")).toHaveLength(ORDERS_MAX - 2);
    for (const order of [...orders]) service.collected(aCaptureOf(order));
    service.observe(ofShare(99));
    expect(orders.at(-1)).toMatchObject({ share: "//files99/db", suppressed: 1 });
    service.close();
    const counts = published.flatMap((event) => (event.type === "suppressed" ? [event.counts] : []));
    expect(counts).toEqual([{ captures_under_way: 100 - (ORDERS_MAX - 2) }]);
  });

  test("an escalation gets a reserved slot in the runner", () => {
    const { service, orders } = aService();
    for (let i = 0; i < 10; i++) service.observe(anAnomaly({ share: `//files${i}/db` }));
    for (let i = 0; i < 10; i++) service.observe({ ...hang(1), share: `//files${i}/db` });
    expect(orders.map(({ kind }) => kind)).toEqual(["slow", "slow", "slow", "slow", "hung", "hung"]);
  });

  test("names the rule and the incident of a dropped capture, and the next order counts it as missing", () => {
    const { service, published, orders } = aService();
    service.observe(anAnomaly());
    const id = service.open()[0]?.id;
    service.dropped(1, "the disk is full");
    service.snapshot(undefined);
    service.dropped(2, "the disk is full");
    const dropped = published.filter(({ type }) => type === "dropped");
    expect(dropped).toEqual([
      { type: "dropped", orderId: 1, rule: "slow", incidentId: id, reason: "the disk is full" },
      { type: "dropped", orderId: 2, rule: "manual", incidentId: undefined, reason: "the disk is full" },
    ]);
    expect(service.open()).toMatchObject([{ suppressed: 1 }]);
    service.observe(hang(1));
    expect(orders.at(-1)).toMatchObject({ kind: "hung", suppressed: 1 });
  });

  test("a capture that is too big suppresses the next, but not an escalation", () => {
    const { service, orders } = aService();
    service.observe(anAnomaly());
    service.collected(aCaptureOf(orders[0], 2 ** 27 + 2 ** 24));
    service.observe(anAnomaly({ share: "//other/db" }));
    expect(orders).toHaveLength(1);
    service.observe(hang(1));
    expect(orders).toHaveLength(2);
    expect(orders[1]).toMatchObject({ kind: "hung" });
  });

  test("names the incident of a capture, and none for a capture on demand", () => {
    const { service, published } = aService();
    service.observe(anAnomaly());
    const incidentId = service.open()[0]?.id;
    const capture = {
      orderId: 1,
      incidentId,
      name: "x",
      bytes: 1,
      durationMs: 1,
      actions: [],
      verdict: SERVER,
      report: NO_REPORT,
    };
    service.collected(capture);
    service.collected({ ...capture, incidentId: undefined });
    const of = published.flatMap((event) => (event.type === "collected" ? [event.incident] : []));
    expect(of).toMatchObject([{ captures: ["x"], verdict: SERVER }, undefined]);
  });
});
