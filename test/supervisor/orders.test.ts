import { describe, expect, test } from "bun:test";
import type { Anomaly } from "../../src/model/anomaly.ts";
import type { Config } from "../../src/model/config.ts";
import type { Incident } from "../../src/model/incident.ts";
import { manualOrder, NOTHING_HANGS, orderFor } from "../../src/supervisor/orders.ts";
import { FROZEN_AT } from "../helpers/order.ts";
import { aLatencyRule } from "../helpers/rule.ts";

const CONTEXT = {
  orderId: 7,
  source: "kernel",
  frozenAt: FROZEN_AT,
  losses: {},
  watchingSinceNs: 1,
  clientLists: "readable",
  shares: [],
} as const;

const CONFIG = {
  rules: [aLatencyRule({ name: "slow", windowMs: 500, actions: ["dmesg"] })],
  defaultActions: ["debugdata", "stats"],
  customActions: ["stats-of-mine", "other"].map((name) => ({
    name,
    command: ["/bin/true"],
    timeoutMs: 1,
    maxBytes: 1,
    stage: 3,
  })),
  sha256: "abc",
  redaction: { words: ["Nightjar"], patterns: [] },
  capture: { budgetMs: 30_000, maxBytes: 2 ** 25, minFreeBytes: 0, withReport: true },
} as unknown as Config;

const FIRST = { suppressed: 0, isRepeat: false };

const ANOMALY: Anomaly = {
  rule: "slow",
  ruleType: "latency",
  kind: "hung",
  share: "//files/db",
  count: 1,
  worstNs: 1e9,
  evidence: [],
  standing: undefined,
  statuses: [],
  occurredNs: 99.5e9,
  detectedNs: 99.502e9,
};

describe("orders", () => {
  test("have the redaction of the configuration that is in force", () => {
    const incident = { id: "i-1" } as Incident;
    for (const order of [
      orderFor(ANOMALY, incident, FIRST, CONFIG, CONTEXT),
      manualOrder(CONFIG, CONTEXT, undefined, NOTHING_HANGS),
    ]) {
      expect(order.redaction).toEqual({ words: ["Nightjar"], patterns: [] });
      expect(order.configSha256).toBe("abc");
    }
  });

  test("have the actions and window of the rule, and the time from the request to the decision", () => {
    const order = orderFor(
      ANOMALY,
      { id: "i-1" } as Incident,
      { suppressed: 3, isRepeat: true },
      CONFIG,
      CONTEXT,
    );
    expect(order).toMatchObject({
      orderId: 7,
      trigger: "rule",
      rule: "slow",
      kind: "hung",
      share: "//files/db",
      incidentId: "i-1",
      actions: ["dmesg"],
      windowNs: 500e6,
      suppressed: 3,
      configSha256: "abc",
    });
    expect(order.detectedAfterMs).toBeCloseTo(2, 6);
  });

  test("for a rule that a reload has just removed have the default actions", () => {
    const order = orderFor({ ...ANOMALY, rule: "gone" }, { id: "i-2" } as Incident, FIRST, CONFIG, CONTEXT);
    expect(order.actions).toEqual(["debugdata", "stats"]);
  });

  test("never have a negative time to the decision", () => {
    const early = { ...ANOMALY, occurredNs: ANOMALY.detectedNs + 5 };
    expect(orderFor(early, { id: "i-3" } as Incident, FIRST, CONFIG, CONTEXT).detectedAfterMs).toBe(0);
  });

  test("on demand have no incident and run the default actions", () => {
    expect(manualOrder(CONFIG, CONTEXT, "it is slow", NOTHING_HANGS)).toMatchObject({
      trigger: "manual",
      reason: "it is slow",
      rule: "manual",
      incidentId: undefined,
      actions: ["debugdata", "stats"],
      triggeredNs: FROZEN_AT.monotonicNs,
    });
  });

  test("have the custom actions of the configuration that they name", () => {
    const config = { ...CONFIG, defaultActions: ["stats", "stats-of-mine"] };
    expect(manualOrder(config, CONTEXT, undefined, NOTHING_HANGS).customActions).toEqual(
      CONFIG.customActions.slice(0, 1),
    );
    expect(manualOrder(CONFIG, CONTEXT, undefined, NOTHING_HANGS).customActions).toEqual([]);
  });
});
