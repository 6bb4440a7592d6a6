import { describe, expect, test } from "bun:test";
import { historyEntriesOf } from "../../src/daemon/history-sink.ts";
import { decodeEntries, encodeEntry } from "../../src/history/entry.ts";
import type { SupervisorEvent } from "../../src/supervisor/events.ts";
import { ALL_EVENTS, anEvent, CAPTURE } from "../helpers/event.ts";

const namesOf = (event: SupervisorEvent, isAudited: boolean) =>
  historyEntriesOf(event, isAudited).map(({ event }) => event);

describe("the history", () => {
  test.each([
    ["opened", ["opened"], ["opened"]],
    ["worsened", ["worsened"], ["worsened"]],
    ["ongoing", ["ongoing"], ["ongoing"]],
    ["recovered", ["recovered"], ["recovered"]],
    ["resolved", ["resolved"], ["resolved"]],
    ["collected", ["captured"], ["captured", "collected"]],
    ["stopped", ["ongoing"], ["ongoing"]],
    ["dropped", [], ["dropped"]],
    ["swept", [], ["deleted"]],
    ["configured", [], ["configured"]],
    ["notified", [], ["notified"]],
    ["lost", [], []],
    ["restarting", [], []],
  ] as const)("has for %s the entries %j, and %j with audit", (type, always, audited) => {
    expect(namesOf(anEvent(type), false)).toEqual([...always]);
    expect(namesOf(anEvent(type), true)).toEqual([...audited]);
  });

  test("has no entry for an unknown incident", () => {
    expect(namesOf(anEvent("collected", { incident: undefined }), true)).toEqual(["collected"]);
  });

  test("describes the actions of aod", () => {
    const fieldsOf = (event: SupervisorEvent) =>
      historyEntriesOf(event, true).flatMap((entry) => ("fields" in entry ? [entry.fields] : []));
    expect(fieldsOf(anEvent("collected"))).toEqual([
      {
        incident_id: "20261123T012345.678Z",
        capture: CAPTURE,
        bytes: 5,
        duration_ms: 7,
        verdict: "server",
        confidence: 0.76,
        actions: [{ name: "dmesg", status: "missing" }],
      },
    ]);
    expect(fieldsOf(anEvent("swept"))).toEqual([{ name: CAPTURE, bytes: 5, reason: "age" }]);
    expect(fieldsOf(anEvent("configured"))).toEqual([
      { file: "/etc/aod.yaml", sha256: "abc", rules: ["slow"] },
    ]);
    expect(fieldsOf(anEvent("notified"))).toMatchObject([{ of: "opened", status: "failed", exit_code: 1 }]);
  });

  test("can read every entry that it writes, one short line each", () => {
    for (const event of ALL_EVENTS) {
      for (const entry of historyEntriesOf(event, true)) {
        const line = encodeEntry(entry, 0);
        expect(decodeEntries(line)).toMatchObject([{ event: entry.event }]);
        expect(line.length).toBeLessThan(1000);
      }
    }
  });
});
