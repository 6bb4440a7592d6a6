import { describe, expect, test } from "bun:test";
import { incidentLines } from "../../src/cli/incident-lines.ts";
import { incidentValues } from "../../src/cli/incidents.ts";
import { foldCaptures } from "../../src/history/captures.ts";
import { decodeEntries, decodeHistory, encodeEntry, INCIDENT_EVENTS } from "../../src/history/entry.ts";
import { foldIncidents } from "../../src/history/fold.ts";
import { anIncident, OPENED_AT_MS } from "../helpers/incident.ts";
import { seeded } from "../helpers/random.ts";

const deletion = { event: "deleted", fields: { name: "x", bytes: 5, reason: "age" } } as const;

describe("a line of the history", () => {
  test.each(INCIDENT_EVENTS)("of %s holds the whole incident, beside time and event", (event) => {
    const incident = anIncident();
    const line = encodeEntry({ event, incident }, OPENED_AT_MS);
    expect(JSON.parse(line)).toMatchObject({ time: "2026-11-23T01:23:45.678Z", event, id: incident.id });
    expect(decodeEntries(line)).toMatchObject([{ event, incident, incidentId: incident.id }]);
  });

  test("of another act of aod has its fields, and belongs to the incident that it names", () => {
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

  test("that is torn, empty or foreign is skipped, and the next one is not", () => {
    const whole = encodeEntry({ event: "opened", incident: anIncident() }, 0);
    const text = `${whole.slice(0, 100)}\n\nnull\n5\n[]\n{"time":1}\n{"time":"","event":"opened"}\n${whole}${whole.slice(0, -9)}`;
    expect(decodeEntries(text)).toHaveLength(1);
  });
});

/** Each of these values breaks a reader that trusts it: the reader calls `toString`, recurses, or calculates. */
const HOSTILE = [
  { toString: 1, valueOf: 2 },
  JSON.parse('{"__proto__": {"id": "forged"}, "constructor": 1}'),
  [[[[[[{}]]]]]],
  "\u0000\u001b[2J\u202e",
  "\ud800",
  "x".repeat(5000),
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  2 ** 53,
  0.5,
  -1,
  true,
  null,
  "",
  [],
  {},
] as const;

describe("a hostile line of the history", () => {
  const whole = JSON.parse(encodeEntry({ event: "opened", incident: anIncident() }, OPENED_AT_MS));
  const after = encodeEntry({ event: "resolved", incident: anIncident({ id: "after" }) }, OPENED_AT_MS);

  test("with a malformed field is skipped, and reported with file and line", () => {
    const bad = JSON.stringify({ ...whole, opened_at: { toString: 1 } });
    const found = decodeHistory([
      { file: "old", text: after },
      { file: "new", text: `\n${after}${bad}\n\n${bad}\n${after}` },
    ]);
    expect(found).toMatchObject({ skipped: 2, firstSkipped: "new:3" });
    expect(found.entries).toHaveLength(3);
  });

  test.each([
    ["of ten megabytes", JSON.stringify({ ...whole, share: "x".repeat(10 << 20) })],
    ["nested a million times", `{"time":"t","event":"deleted","x":${"[".repeat(1e6)}${"]".repeat(1e6)}}`],
    [
      "nested 200,000 times in a field",
      `{"time":"t","event":"deleted","x":${"[".repeat(2e5)}${"]".repeat(2e5)}}`,
    ],
    ["of zeros, as a crash leaves them", `\0\0\0\0${JSON.stringify(whole)}`],
    ["that is torn", JSON.stringify(whole).slice(0, -5)],
    ["with an id of a million characters", JSON.stringify({ ...whole, id: "i".repeat(1e6) })],
  ])("%s is skipped, and the next line is not", (_, line) => {
    const found = decodeHistory([{ file: "new", text: `${line}\n${after}` }]);
    expect(found).toMatchObject({ skipped: 1, firstSkipped: "new:1" });
    expect(foldIncidents(found.entries).map(({ incident }) => incident.id)).toEqual(["after"]);
  });

  test("with bytes that are not UTF-8 loses only those bytes", () => {
    const bytes = Buffer.from(JSON.stringify({ ...whole, share: "//files/d?b" }));
    bytes[bytes.indexOf("?")] = 0xff;
    expect(decodeEntries(new TextDecoder().decode(bytes))).toMatchObject([
      { incident: { share: "//files/d\ufffdb" } },
    ]);
  });

  test("of any content does no harm: the lines around it are read, and every decoded value can be shown", () => {
    const random = seeded();
    const names = Object.keys(whole) as [string, ...string[]];
    for (let run = 0; run < 400; run++) {
      const line: Record<string, unknown> = { ...whole };
      for (let change = random.int(1, 4); change > 0; change--) {
        const name = random.chance(0.9) ? random.pick(names) : random.pick(["toString", "x", "incident_id"]);
        const value: unknown = random.pick([...HOSTILE] as unknown as [unknown, ...unknown[]]);
        const inner = line[name];
        const isNested = typeof inner === "object" && inner !== null && random.chance(0.5);
        line[name] = isNested ? { ...inner, [random.pick(Object.keys(inner) as [string])]: value } : value;
      }
      const text = JSON.stringify(line).slice(0, random.chance(0.1) ? random.int(0, 900) : undefined);
      const { entries, skipped } = decodeHistory([{ file: "f", text: `${after}${text}\n${after}` }]);
      expect(entries.length + skipped, random.seedText).toBe(text === "" ? 2 : 3);
      expect([entries[0]?.incidentId, entries.at(-1)?.incidentId], random.seedText).toEqual([
        "after",
        "after",
      ]);
      for (const stored of foldIncidents(entries)) {
        JSON.stringify(incidentValues([stored], true, 0));
        incidentLines(stored, () => undefined, 0);
        encodeEntry({ event: "ongoing", incident: stored.incident }, 0);
      }
      foldCaptures(entries);
    }
  });
});

describe("incidents of a history", () => {
  test("have the state of their last lines, the order of their first, and all their entries", () => {
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
