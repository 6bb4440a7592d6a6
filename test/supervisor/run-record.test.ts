import { describe, expect, test } from "bun:test";
import type { Incident } from "../../src/model/incident.ts";
import { RunRecord } from "../../src/supervisor/run-record.ts";
import { anEvent } from "../helpers/event.ts";
import { anIncident } from "../helpers/incident.ts";

const DAY_MS = 86_400_000;

describe("recently resolved incidents", () => {
  test.each([
    ["goes on", 0],
    ["is set 40 days ahead", 40 * DAY_MS],
    ["is set 40 days back", -40 * DAY_MS],
  ])("are listed for ten minutes, also if the clock %s meanwhile", (_, stepMs) => {
    const record = new RunRecord(0);
    const [epochMs, monotonicNs] = [Date.UTC(2026, 10, 23), 1e9];
    record.take(anEvent("resolved"), { epochMs, monotonicNs });
    const after = (seconds: number) =>
      record.resolved({
        epochMs: epochMs + stepMs + seconds * 1000,
        monotonicNs: monotonicNs + seconds * 1e9,
      });
    expect([after(1).length, after(600).length, after(601).length]).toEqual([1, 1, 0]);
  });
});

describe("incidents of the last day", () => {
  const now = { epochMs: Date.UTC(2026, 10, 23), monotonicNs: 200 * 3600e9 };
  const endedAgo = (id: string, hours: number): Incident =>
    anIncident({ id, state: "resolved", resolvedAtMs: now.epochMs - hours * 3_600_000 });

  test("are counted from the history, and the last one to end is named", () => {
    const record = new RunRecord(0);
    record.restore(
      [endedAgo("a", 0.5), endedAgo("b", 30), endedAgo("c", 3), anIncident({ id: "open" })],
      now,
    );
    expect(record.past(now)).toMatchObject({ lastHour: 1, lastDay: 2, last: { id: "a" } });
    const later = { epochMs: 0, monotonicNs: now.monotonicNs + 22 * 3600e9 };
    expect(record.past(later)).toMatchObject({ lastHour: 0, lastDay: 1, last: { id: "a" } });
    const dayLater = { epochMs: 0, monotonicNs: now.monotonicNs + 24 * 3600e9 };
    expect(record.past(dayLater)).toEqual({ lastHour: 0, lastDay: 0, last: undefined });
  });

  test("take the memory of a thousand at most", () => {
    const record = new RunRecord(0);
    for (let i = 0; i < 1500; i++) record.take(anEvent("resolved"), now);
    expect(record.past(now)).toMatchObject({ lastHour: 1000, lastDay: 1000 });
  });
});
