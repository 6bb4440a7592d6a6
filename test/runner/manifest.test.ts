import { describe, expect, test } from "bun:test";
import { encodeManifest, makeManifest } from "../../src/runner/manifest.ts";
import { anAttribution } from "../helpers/attribution.ts";
import { manifestFaults } from "../helpers/manifest.ts";
import { anOrder } from "../helpers/order.ts";
import { A_REPORT } from "../helpers/report.ts";
import { aRequest } from "../helpers/request.ts";
import { BUILT_IN_RULES } from "../helpers/scrubber.ts";
import { SERVER } from "../helpers/verdict.ts";

const scrubber = BUILT_IN_RULES;
const FACTS = { aodVersion: "1.2.3", host: "client", bootId: "b-o-o-t", kernel: "6.12.0" };
const RECORDER = { offsets: Uint32Array.from([0, 64]), oldestNs: 90e9, completeSinceNs: 95e9 };

function manifestOf(
  parts: Parameters<typeof anOrder>[0] = {},
  recorder: Parameters<typeof makeManifest>[2] = RECORDER,
) {
  const manifest = JSON.parse(
    encodeManifest(
      makeManifest(anOrder(parts), FACTS, recorder, [], SERVER, { scrubber, scrubbed: 2 }),
      A_REPORT,
    ),
  );
  expect(manifestFaults(manifest)).toEqual([]);
  return manifest;
}

describe("the manifest", () => {
  test("describes what happened, where, and which files there are", () => {
    expect(manifestOf()).toEqual({
      schema_version: 1,
      aod_version: "1.2.3",
      host: "client",
      boot_id: "b-o-o-t",
      kernel: "6.12.0",
      source: "demo",
      trigger: "rule",
      reason: null,
      rule: "slow",
      type: "latency",
      kind: "slow",
      share: "//files/data",
      attribution: null,
      incident_id: "incident-1",
      server: "files",
      family: "availability",
      rules: ["slow"],
      shares: ["//files/data"],
      triggered_at: "2026-11-23T01:23:45.677000Z",
      detected_after_ms: 0.25,
      frozen_at: "2026-11-23T01:23:45.678000Z",
      config_sha256: "c".repeat(64),
      statuses: [],
      evidence: [],
      hanging: null,
      recorder: { records: 2, oldest_ms: 10_000, complete_since: "2026-11-23T01:23:40.678000Z", evicted: 3 },
      actions: [],
      verdict: { cause: "server", confidence: 0.76, because: SERVER.because },
      client_lists: "readable",
      losses: {
        client_lists_late: 0,
        kernel_log_overwritten: 0,
        unstarted_children: 0,
        enter_contended: 0,
        forgotten: 0,
        operations_contended: 0,
        operations_displaced: 0,
        reply_contended: 0,
        ring_full: 2,
        unknown_command: 0,
        missed_runs: 0,
        unfollowed: 0,
        abandoned_children: 0,
        no_descriptors: 0,
        no_host_files: 0,
        no_memory: 0,
        no_processes: 0,
        samples_timed_out: 0,
        samples_too_big: 0,
        samples_failed: 0,
      },
      counters: { entered: 7, ring_full: 2, evicted: 3 },
      suppressed: 4,
      scrubbed: 2,
      cleanings: [],
      report: { file: "report.html", reason: null, bytes: 7, sha256: "e".repeat(64) },
    });
  });

  test("has null for values that do not exist", () => {
    const manual = {
      trigger: "manual",
      rule: "manual",
      ruleType: "manual",
      kind: "manual",
      share: "",
    } as const;
    const empty = { offsets: new Uint32Array(0), oldestNs: undefined, completeSinceNs: 5e9 };
    expect(manifestOf({ ...manual, incidentId: undefined, scope: undefined }, empty)).toMatchObject({
      type: "manual",
      share: null,
      incident_id: null,
      server: null,
      family: null,
      rules: [],
      shares: [],
      recorder: { records: 0, oldest_ms: null },
    });
  });

  test("shows the evidence like requests.csv, with every digit of 64-bit figures", () => {
    const sessionId = 0xffff_ffff_ffff_fff1n;
    const { evidence } = manifestOf({
      evidence: [aRequest({ sessionId, messageId: 2n ** 63n, latencyMs: 31 })],
    });
    expect(evidence).toHaveLength(1);
    expect(evidence[0]).toMatchObject({
      session_id: "0xfffffffffffffff1",
      message_id: "9223372036854775808",
      latency_ns: 31_000_000,
      comm: "postgres",
    });
  });

  test("has the outcome of each action", () => {
    const nothing = { file: undefined, exitCode: undefined, durationMs: 0, bytes: 0, sha256: undefined };
    const outcomes = [
      {
        name: "stats",
        file: "actions/stats.log",
        status: "ok",
        exitCode: 0,
        durationMs: 3,
        bytes: 9,
        sha256: "ab",
        reason: undefined,
      },
      { ...nothing, name: "dmesg", status: "missing", reason: "dmesg is not installed" },
    ] as const;
    expect(
      JSON.parse(
        encodeManifest(
          makeManifest(anOrder(), FACTS, RECORDER, outcomes, SERVER, { scrubber, scrubbed: 0 }),
          A_REPORT,
        ),
      ).actions,
    ).toEqual([
      {
        name: "stats",
        file: "actions/stats.log",
        status: "ok",
        reason: null,
        exit_code: 0,
        duration_ms: 3,
        bytes: 9,
        sha256: "ab",
      },
      {
        name: "dmesg",
        file: null,
        status: "missing",
        reason: "dmesg is not installed",
        exit_code: null,
        duration_ms: 0,
        bytes: 0,
        sha256: null,
      },
    ]);
  });

  test("names no secret, and counts those that were removed", () => {
    const share = "//admin:hunter2@files/data";
    expect(manifestOf({ share })).toMatchObject({ share: "//admin:[scrubbed]@files/data", scrubbed: 3 });
    expect(manifestOf({ attribution: anAttribution({ server: "admin:hunter2@files" }) })).toMatchObject({
      attribution: { server: "admin:[scrubbed]@files" },
      scrubbed: 3,
    });
  });

  test("is readable text: indented, with a line feed at its end", () => {
    expect(
      encodeManifest(
        makeManifest(anOrder(), FACTS, RECORDER, [], SERVER, { scrubber, scrubbed: 0 }),
        A_REPORT,
      ),
    ).toMatch(/^\{\n {2}"schema_version": 1,\n[\s\S]*\n\}\n$/);
  });
});
