import { describe, expect, test } from "bun:test";
import { decodeEntries, encodeEntry, INCIDENT_EVENTS } from "../../src/history/entry.ts";
import { foldIncidents } from "../../src/history/fold.ts";
import { anIncident, OPENED_AT_MS } from "../helpers/incident.ts";

const deletion = { event: "deleted", fields: { name: "x", bytes: 5, reason: "age" } } as const;

describe("a line of the history", () => {
  test.each(INCIDENT_EVENTS)("of %s holds the whole incident, beside time and event", (event) => {
    const incident = anIncident();
    const line = encodeEntry({ event, incident }, OPENED_AT_MS);
    expect(JSON.parse(line)).toMatchObject({ time: "2026-11-23T01:23:45.678Z", event, id: incident.id });
    expect(decodeEntries(line)).toMatchObject([{ event, incident, incidentId: incident.id }]);
  });

  test("of what aod did beside has its fields, and belongs to the incident that it names", () => {
    const fields = { incident_id: "i", status: "ok" };
    const text = encodeEntry({ event: "notified", fields }, 0) + encodeEntry(deletion, 0);
    expect(decodeEntries(text)).toMatchObject([
      { event: "notified", incidentId: "i", incident: undefined, fields },
      { event: "deleted", incidentId: undefined, fields: deletion.fields },
    ]);
  });

  test("can't be forged by a name", () => {
    const share = '//x"}\n{"time":"2026","event":"resolved","id":"other"}\n\r\u2028';
    const line = encodeEntry({ event: "opened", incident: anIncident({ share }) }, 0);
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(decodeEntries(line)).toMatchObject([{ event: "opened", incident: { share } }]);
  });

  test("that is torn, empty or none is passed over, and the next one is not", () => {
    const whole = encodeEntry({ event: "opened", incident: anIncident() }, 0);
    const text = `${whole.slice(0, 100)}\n\nnull\n5\n[]\n{"time":1}\n{"time":"","event":"opened"}\n${whole}${whole.slice(0, -9)}`;
    expect(decodeEntries(text)).toHaveLength(1);
  });
});

describe("incidents of a history", () => {
  test("are what their last lines say, in the order of their first, with all that is written of them", () => {
    const [a, b] = ["a", "b"].map((id) => anIncident({ id })) as [ReturnType<typeof anIncident>, never];
    const resolved = { ...a, state: "resolved", resolvedAtMs: OPENED_AT_MS, count: 12 } as const;
    const text = [
      encodeEntry({ event: "opened", incident: a }, 3),
      encodeEntry({ event: "opened", incident: b }, 2),
      encodeEntry(deletion, 1),
      encodeEntry({ event: "resolved", incident: resolved }, 0),
      encodeEntry({ event: "notified", fields: { incident_id: "a" } }, 0),
      encodeEntry({ event: "notified", fields: { incident_id: "of which nothing else is known" } }, 0),
    ].join("");
    const found = foldIncidents(decodeEntries(text));
    expect(found.map(({ incident }) => incident)).toEqual([resolved, b]);
    expect(found[0]?.entries.map(({ event }) => event)).toEqual(["opened", "resolved", "notified"]);
  });
});
