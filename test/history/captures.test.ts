import { describe, expect, test } from "bun:test";
import { foldCaptures } from "../../src/history/captures.ts";
import { decodeEntries, encodeEntry, type HistoryEntry } from "../../src/history/entry.ts";
import { anIncident } from "../helpers/incident.ts";

const [FIRST, SECOND, MANUAL] = ["00_slow", "01_slow", "02_manual"].map(
  (end) => `aod_20261123T0000${end.replace("_", ".000Z_")}.tar.zst`,
) as [string, string, string];

function fold(...entries: readonly HistoryEntry[]) {
  return foldCaptures(decodeEntries(entries.map((entry) => encodeEntry(entry, 0)).join("")));
}

function collected(capture: string, fields: Readonly<Record<string, unknown>>): HistoryEntry {
  return { event: "collected", fields: { capture, ...fields } };
}

describe("the history's facts about a capture", () => {
  test("are its incident, whether that is open, and its own verdict", () => {
    const incident = anIncident({ captures: [FIRST] });
    const facts = fold(
      { event: "captured", incident },
      collected(FIRST, { incident_id: incident.id, verdict: "network", confidence: 0.8 }),
    );
    expect([...facts]).toEqual([
      [
        FIRST,
        {
          incidentId: incident.id,
          share: "//files/db",
          isOpen: true,
          verdict: { cause: "network", confidence: 0.8 },
        },
      ],
    ]);
  });

  test("include captures that the last line of an incident no longer lists", () => {
    const facts = fold(
      { event: "captured", incident: anIncident({ captures: [FIRST] }) },
      { event: "resolved", incident: anIncident({ captures: [SECOND], state: "resolved", resolvedAtMs: 1 }) },
    );
    expect([...facts.keys()]).toEqual([FIRST, SECOND]);
    expect([...facts.values()].map(({ isOpen }) => isOpen)).toEqual([false, false]);
  });

  test("do not include the incident's verdict, which may be of another capture", () => {
    const verdict = { cause: "server", confidence: 1, because: ["x"] } as const;
    const facts = fold({ event: "captured", incident: anIncident({ captures: [FIRST, SECOND], verdict }) });
    expect([...facts.values()].map((one) => one.verdict)).toEqual([undefined, undefined]);
  });

  test("have no incident for a capture on demand", () => {
    const facts = fold(collected(MANUAL, { incident_id: null, verdict: "unknown", confidence: 0 }));
    expect(facts.get(MANUAL)).toMatchObject({ incidentId: undefined, share: undefined, isOpen: false });
  });

  test.each([
    ["a verdict with an unknown cause", { verdict: "me", confidence: 1 }],
    ["a verdict without a figure", { verdict: "server", confidence: "1" }],
  ])("leave out %s", (_, fields) => {
    expect(fold(collected(FIRST, fields)).get(FIRST)?.verdict).toBeUndefined();
  });

  test("are not made of lines that name no capture", () => {
    expect(fold({ event: "collected", fields: { capture: 7 } }).size).toBe(0);
  });
});
