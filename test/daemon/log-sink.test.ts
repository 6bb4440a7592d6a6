import { describe, expect, test } from "bun:test";
import { KEY_TABLE } from "../../src/config/key-table.ts";
import { lineOf } from "../../src/daemon/log-sink.ts";
import type { Anomaly } from "../../src/model/anomaly.ts";
import type { Incident } from "../../src/model/incident.ts";
import { LOSS_CAUSES } from "../../src/model/losses.ts";
import type { SuppressionCounts } from "../../src/supervisor/budget.ts";
import { SUPPRESSION_KEYS } from "../../src/supervisor/budget.ts";
import { anAttribution } from "../helpers/attribution.ts";
import { anEvent } from "../helpers/event.ts";
import { A_REPORT, NO_REPORT } from "../helpers/report.ts";
import { aRequest } from "../helpers/request.ts";
import { SERVER } from "../helpers/verdict.ts";

const INCIDENT = {
  id: "20261123T012345.678Z",
  count: 10,
  rule: "slow",
  rules: ["slow"],
  share: "//files/db",
  server: "files",
  shares: ["//files/db"],
  attribution: anAttribution(),
  lastAtMs: 1_700_000_000_000,
  statuses: [],
} as unknown as Incident;
const ANOMALY: Anomaly = {
  rule: "slow",
  ruleType: "latency",
  kind: "hung",
  share: "//files/db",
  count: 1,
  worstNs: 1.0021e9,
  occurredNs: 0,
  detectedNs: 1.8e6,
  evidence: [aRequest({ latencyMs: 0, comm: "postgres", processId: 4200 })],
  standing: { count: 1, oldestNs: 1.0021e9 },
  statuses: [],
};

describe("log lines", () => {
  test("an incident names the process, the mount, the latency and the time until detection", () => {
    const line = lineOf({ type: "opened", incident: INCIDENT, anomaly: ANOMALY });
    expect(line?.level).toBe("warn");
    expect(line?.text).toBe("incident opened: no reply, or no way to send");
    expect(line?.values).toMatchObject({
      incident: INCIDENT.id,
      rule: "slow",
      share: "//files/db",
      worst_ms: "1002.100",
      command: "SMB2_READ",
      pid: 4200,
      tid: 4242,
      process: "postgres",
      unit: "postgresql.service",
      mounted_at: "/mnt/db",
      detected_after_ms: "1.800",
    });
  });

  test("suppressed captures are counted by cause, as a warning if a limit other than the cooldown was reached", () => {
    expect(lineOf({ type: "suppressed", counts: { cooldown: 3, bytes: 1 } })).toMatchObject({
      level: "warn",
      values: { cooldown: 3, bytes: 1 },
    });
    expect(lineOf({ type: "suppressed", counts: { cooldown: 3 } })?.level).toBe("info");
  });

  test("suppressed captures come with the keys that limit them, each once, and every key exists", () => {
    const seeOf = (counts: SuppressionCounts) => lineOf({ type: "suppressed", counts })?.values?.see;
    expect(seeOf({ cooldown: 3 })).toBe("guardian.capture_cooldown_sec");
    expect(seeOf({ captures_of_rule: 1, captures_of_all: 2, bytes: 3 })).toBe(
      "guardian.max_captures_per_hour,guardian.max_capture_mb_per_hour",
    );
    const keys = KEY_TABLE.map(({ path }) => path);
    for (const key of Object.values(SUPPRESSION_KEYS)) if (key !== undefined) expect(keys).toContain(key);
    // No key sets the number of concurrent captures.
    expect(seeOf({ captures_under_way: 2 })).toBeUndefined();
  });

  const startedAtMs = INCIDENT.lastAtMs - 1002.1;
  const standing = { count: 3, startedNs: 5, startedAtMs };
  const hanging = { ...INCIDENT, standing, shares: [INCIDENT.share, "//files/home", "//files/x"] };
  const ongoing = { type: "ongoing", incident: hanging, anomaly: ANOMALY, joined: false } as const;

  test("a hang that lasts is reported with the count on all shares and the age of the oldest", () => {
    const line = lineOf(ongoing);
    expect(line).toMatchObject({ level: "warn", text: "requests still hang" });
    expect(line?.values).toMatchObject({ incident: INCIDENT.id, server: "files", hanging: 3 });
    expect(line?.values).toMatchObject({ oldest_ms: "1002.100", share: INCIDENT.share, other_shares: 2 });
  });

  test("a share that joins is named, with its trouble", () => {
    const anomaly = { ...ANOMALY, share: "//files/home", rule: "other" };
    const line = lineOf({ ...ongoing, anomaly, joined: true });
    expect(line?.text).toStartWith("incident has another share: ");
    expect(line).toMatchObject({ level: "warn", values: { share: "//files/home", rule: "other" } });
  });

  test("an incident without a hang is not reported as hanging", () => {
    const line = lineOf({ ...ongoing, incident: { ...hanging, standing: undefined } });
    expect(line).toMatchObject({ level: "info", text: "incident still open" });
  });

  test("the end of a hang has the count, the longest wait, and how many requests were abandoned", () => {
    const ended = { count: 3, abandoned: 1, longestNs: 9e9 };
    expect(lineOf({ type: "recovered", incident: INCIDENT, ended })).toMatchObject({
      text: "no request hangs any more",
      values: { server: "files", hung: 3, abandoned: 1, longest_ms: "9000.000" },
    });
  });

  test("no incident has a negative duration after the clock was set back", () => {
    const incident = { ...INCIDENT, worstNs: 1, openedAtMs: 5000, resolvedAtMs: 1000 };
    expect(lineOf({ type: "resolved", incident })?.values?.lasted_sec).toBe(0);
  });

  test("waiting for the module is reported with what happens next", () => {
    expect(lineOf({ type: "waiting" })?.text).toContain("waiting for the kernel module cifs");
  });

  test.each(Object.keys(LOSS_CAUSES))("loss %s is described in words, with its count", (cause) => {
    const line = lineOf({ type: "lost", cause, count: 3 });
    expect(line).toMatchObject({ level: "warn", values: { cause, count: 3 } });
    expect(line?.text).not.toBe("lost");
  });

  test("pinned captures that exceed the limit are a warning, with the excess", () => {
    const swept = {
      type: "swept",
      removals: [],
      undeletable: [],
      storedCount: 2,
      storedBytes: 30,
      rotated: false,
      ageDoubt: undefined,
    } as const;
    expect(lineOf({ ...swept, overBytes: 0 })).toMatchObject({ level: "info", text: "cleaned up" });
    expect(lineOf({ ...swept, overBytes: 10 })).toMatchObject({
      level: "warn",
      text: expect.stringContaining("cleanup.max_total_log_size_mb"),
      values: { over_bytes: 10 },
    });
  });

  test("a capture names the actions that did not succeed", () => {
    const action = {
      file: undefined,
      exitCode: undefined,
      durationMs: 1,
      bytes: 0,
      sha256: undefined,
      reason: "no",
    };
    const line = lineOf({
      type: "collected",
      incident: undefined,
      capture: {
        orderId: 1,
        incidentId: "i",
        name: "aod_x.tar.zst",
        bytes: 5,
        durationMs: 10.4,
        actions: [
          { name: "dmesg", status: "ok", ...action },
          { name: "stats", status: "missing", ...action },
        ],
        verdict: SERVER,
        report: NO_REPORT,
      },
    });
    expect(line?.values).toMatchObject({ capture: "aod_x.tar.zst", not_ok: "stats:missing", took_ms: 10 });
    expect(line?.values).toMatchObject({ verdict: "server", confidence: "0.76" });
  });

  test.each([
    [A_REPORT, undefined],
    [NO_REPORT, undefined],
    [{ status: "missing", reason: "dropped: the 8 MiB of the capture are spent" }, "report:missing"],
    [{ status: "failed", reason: "failed: out of memory" }, "report:failed"],
  ] as const)("a capture names its report if that is missing unexpectedly: %j", (report, notOk) => {
    const collected = anEvent("collected");
    const line = lineOf({ ...collected, capture: { ...collected.capture, actions: [], report } });
    expect(line?.values?.not_ok).toBe(notOk);
  });

  test("an emergency is described by the type of its rule", () => {
    const opened = (ruleType: Anomaly["ruleType"]) =>
      lineOf({ type: "opened", incident: INCIDENT, anomaly: { ...ANOMALY, kind: "emergency", ruleType } })
        ?.text;
    expect(opened("error")).toBe("incident opened: an error that is enough by itself");
    expect(opened("latency")).toBe("incident opened: a reply took far too long");
  });
});
