// Orders for tests: of a latency rule, without actions, except for the parts that the test gives.

import type { CaptureOrder } from "../../src/model/capture.ts";
import { NO_REDACTION } from "./scrubber.ts";

/** The time of the freeze: 2026-11-23T01:23:45.678Z, 100 s after the machine started. */
export const FROZEN_AT = { epochMs: Date.parse("2026-11-23T01:23:45.678Z"), monotonicNs: 100e9 };

let lastOrderId = 0;

export function anOrder(parts: Partial<CaptureOrder> = {}): CaptureOrder {
  lastOrderId += 1;
  return {
    orderId: lastOrderId,
    trigger: "rule",
    reason: undefined,
    rule: "slow",
    ruleType: "latency",
    kind: "slow",
    share: "//files/data",
    incidentId: "incident-1",
    scope: { server: "files", family: "availability", rules: ["slow"], shares: ["//files/data"] },
    attribution: undefined,
    source: "demo",
    frozenAt: FROZEN_AT,
    triggeredNs: FROZEN_AT.monotonicNs - 1e6,
    detectedAfterMs: 0.25,
    windowNs: 1e9,
    actions: [],
    customActions: [],
    limits: { budgetMs: 60_000, maxBytes: 32 * 2 ** 20, minFreeBytes: 0, withReport: true },
    redaction: NO_REDACTION,
    isRepeat: false,
    hanging: undefined,
    evidence: [],
    signals: [],
    statuses: [],
    losses: { entered: 7, ring_full: 2, evicted: 3 },
    watchingSinceNs: 5e9,
    clientLists: "readable",
    suppressed: 4,
    configSha256: "c".repeat(64),
    shares: [{ sessionId: 0x1122_3344_5566_7788n, treeId: 5, share: "//files/data" }],
    ...parts,
  };
}
