import { describe, expect, test } from "bun:test";
import { decodeIncident, encodeIncident } from "../../src/history/snapshot.ts";
import type { Incident } from "../../src/model/incident.ts";
import { anIncident, OPENED_AT_MS } from "../helpers/incident.ts";
import { seeded } from "../helpers/random.ts";
import { aRequest } from "../helpers/request.ts";
import { SERVER, UNKNOWN } from "../helpers/verdict.ts";

const CAPTURE = "aod_20261123T012345.700Z_slow.tar.zst";

/** The incident as a reader of the JSON gets it. */
function again(incident: Incident): Incident | undefined {
  return decodeIncident(JSON.parse(JSON.stringify(encodeIncident(incident, { epochMs: OPENED_AT_MS }))));
}

describe("the public form of an incident", () => {
  test.each([
    ["CLOCK_MONOTONIC, from the aod that saw it begin", { epochMs: OPENED_AT_MS, monotonicNs: 41e9 }],
    ["the time of day, if only that is known", { epochMs: OPENED_AT_MS + 7000 }],
  ])("an ongoing hang has its age at the time of the document: by %s", (_, now) => {
    const standing = { count: 5, startedNs: 5e9, startedAtMs: OPENED_AT_MS - 29_000 };
    const encoded = encodeIncident(anIncident({ standing }), now);
    expect(encoded.standing).toEqual({ count: 5, oldest_ms: 36_000, since: "2026-11-23T01:23:16.678Z" });
  });

  test("a line without `since` has the age at its last report", () => {
    const incident = anIncident();
    const line = { ...encodeIncident(incident, { epochMs: 0 }), standing: { count: 2, oldest_ms: 1500 } };
    const startedAtMs = incident.lastAtMs - 1500;
    expect(decodeIncident(line)?.standing).toEqual({ count: 2, startedNs: undefined, startedAtMs });
  });

  test("has times in UTC, durations in ms and the worst request", () => {
    const incident = anIncident({ hung: { count: 2, longestNs: 9e9 }, captures: [CAPTURE] });
    expect(encodeIncident(incident, { epochMs: OPENED_AT_MS })).toMatchObject({
      id: "20261123T012345.678Z",
      rule: "slow",
      type: "latency",
      share: "//files/db",
      kind: "slow",
      state: "open",
      opened_at: "2026-11-23T01:23:45.678Z",
      last_at: "2026-11-23T01:23:47.178Z",
      resolved_at: null,
      count: 10,
      worst_ms: 51.25,
      captures: [CAPTURE],
      standing: null,
      worst: { command: "SMB2_READ", pid: 4200, tid: 4242, comm: "postgres", state: "done" },
      hung: { count: 2, longest_ms: 9000 },
    });
  });

  test("has the server, the family, and all rules and shares", () => {
    const shares = ["//files/db", "//files/home"];
    const incident = anIncident({ rules: ["slow", "stuck"], shares });
    expect(encodeIncident(incident, { epochMs: OPENED_AT_MS })).toMatchObject({
      server: "files",
      family: "availability",
      rules: ["slow", "stuck"],
      shares,
    });
  });

  test("is decoded as it was encoded", () => {
    const random = seeded();
    for (let run = 0; run < 200; run++) {
      const isOpen = random.chance(0.5);
      const incident = anIncident({
        server: random.pick(["files", "unknown", "10.9.1.2"]),
        family: random.pick(["availability", "refusals"]),
        rules: random.pick([["slow"], ["slow", "stuck"]]),
        shares: random.pick([["//files/db"], ["unknown", "//hostile\n\u001b[2J"]]),
        share: random.pick(["//files/db", "unknown", "//hostile\n\u001b[2J\u2028/\u202e"]),
        kind: random.pick(["slow", "error", "signal", "emergency", "hung"]),
        ...(isOpen ? {} : { state: "resolved", resolvedAtMs: OPENED_AT_MS + random.int(-1e9, 1e9) }),
        count: random.int(0, 1e9),
        worstNs: random.int(0, 1e9) * 1e3,
        worst: random.pick([
          undefined,
          aRequest({ latencyMs: 0, comm: "\u0000\u0007é" }),
          aRequest({ command: random.int(0, 19), startNs: 2n ** 63n, sessionId: 2n ** 64n - 1n }),
        ]),
        standing: random.pick([
          undefined,
          { count: 3, startedNs: undefined, startedAtMs: OPENED_AT_MS - random.int(0, 1e9) },
        ]),
        hung: random.pick([undefined, { count: 4, longestNs: random.int(0, 1e9) * 1e3 }]),
        captures: random.pick([[], [CAPTURE]]),
        verdict: random.pick([undefined, SERVER, UNKNOWN]),
        suppressed: random.int(0, 100),
      });
      expect(again(incident), random.seedText).toEqual(incident);
    }
  });

  test.each([
    ["without an id", { id: undefined }],
    ["with a share that is not text", { share: 5 }],
    ["of an unknown kind", { kind: "toString" }],
    ["in no state", { state: "ajar" }],
    ["resolved without a time", { state: "resolved", resolved_at: null }],
    ["opened without a valid time", { opened_at: "yesterday" }],
    ["with a count that is not a number", { count: "10" }],
  ])("%s is not an incident", (_, parts) => {
    expect(decodeIncident({ ...encodeIncident(anIncident(), { epochMs: 0 }), ...parts })).toBeUndefined();
  });

  test.each([
    ["worst", { worst: { comm: 5 } }, { worst: undefined }],
    ["hung", { hung: "yes" }, { hung: undefined }],
    ["verdict", { verdict: { cause: "moon", confidence: 1, because: [] } }, { verdict: undefined }],
    [
      "verdict's reasons",
      { verdict: { ...SERVER, because: [5, "x"] } },
      { verdict: { ...SERVER, because: ["x"] } },
    ],
    ["server", { server: 5 }, { server: "files" }],
    ["family", { family: "mafia" }, { family: "availability" as const }],
    ["rules", { rules: "slow" }, { rules: ["slow"] }],
    ["shares", { shares: [7, "//files/x", "//files/x"] }, { shares: ["//files/x"] }],
    ["captures", { captures: ["../../etc/passwd", 5, CAPTURE] }, { captures: [CAPTURE] }],
  ])("loses only its %s if that is malformed", (_, parts, left) => {
    const incident = anIncident();
    expect(decodeIncident({ ...encodeIncident(incident, { epochMs: 0 }), ...parts })).toEqual({
      ...incident,
      ...left,
    });
  });
});
