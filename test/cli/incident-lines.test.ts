import { describe, expect, test } from "bun:test";
import { incidentColumns, incidentLines } from "../../src/cli/incident-lines.ts";
import { fittingLines } from "../../src/cli/table.ts";
import { decodeEntries, encodeEntry } from "../../src/history/entry.ts";
import { foldIncidents, type StoredIncident } from "../../src/history/fold.ts";
import type { Incident } from "../../src/model/incident.ts";
import { ASCII } from "../../src/top/glyphs.ts";
import { plainText } from "../../src/top/line.ts";
import { anAttribution } from "../helpers/attribution.ts";
import { anIncident, OPENED_AT_MS } from "../helpers/incident.ts";
import { aRequest } from "../helpers/request.ts";
import { SERVER } from "../helpers/verdict.ts";

function tableLines(incidents: readonly Incident[], nowMs: number, room = Infinity): readonly string[] {
  return fittingLines(incidentColumns(incidents, nowMs), room, ASCII).map(plainText);
}

const CAPTURE = "aod_20261123T012345.700Z_slow.tar.zst";
const resolved = { state: "resolved", resolvedAtMs: OPENED_AT_MS + 95_000 } as const;

describe("the table of incidents", () => {
  test("has a line for each incident, below the titles", () => {
    const standing = { count: 1, startedNs: undefined, startedAtMs: OPENED_AT_MS - 3_600_000 };
    const hangs = anIncident({ kind: "hung", standing, worstNs: 12.4e9 });
    expect(
      tableLines([anIncident({ ...resolved, verdict: SERVER }), hangs], OPENED_AT_MS + 7_200_000),
    ).toEqual([
      "ID                    STATE     OPENED (UTC)    LASTED   RULE  KIND  REQUESTS  WORST  VERDICT  CAPTURES  SHARE",
      "20261123T012345.678Z  resolved  11-23 01:23:45  1.6 min  slow  slow  10        51 ms  server   0         //files/db",
      "20261123T012345.678Z  hangs     11-23 01:23:45  2 h      slow  hung  10        3 h    -        0         //files/db",
    ]);
  });

  test("fits 80 columns: columns that matter less are left out, and a long share is shortened in its middle", () => {
    const share = `//files.example.com/${"department".repeat(8)}/projects`;
    const lines = tableLines(
      [anIncident({ ...resolved, verdict: SERVER, shares: [share], share })],
      OPENED_AT_MS,
      80,
    );
    expect(lines[0]).toMatch(/^ID +STATE +OPENED \(UTC\) +WORST +VERDICT +SHARE$/);
    expect(lines.map((line) => line.length).reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(80);
    expect(lines[1]).toMatch(/ \/\/files?\S+projects$/);
  });

  test("shows no more than 0 of an incident that ended before it began: the clock was set back", () => {
    expect(tableLines([anIncident({ ...resolved, resolvedAtMs: 0 })], 0)[1]).toMatch(/ resolved .* 0 ms /);
  });

  test("shows the first rule and share, and how many others there are", () => {
    const shares = ["//files/db", "//files/home", "//files/x"];
    const line = tableLines([anIncident({ rules: ["slow", "stuck"], shares })], 0)[1];
    expect(line).toContain(" slow +1 ");
    expect(line).toEndWith(" //files/db +2");
  });

  test("escapes control characters in the name of a share", () => {
    const share = "//x\u001b[2J\u009b\u202e\nfake";
    const lines = tableLines([anIncident({ share })], 0);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toEndWith("//x\\u001b[2J\\u009b\\u202e\\u000afake");
  });
});

describe("one incident", () => {
  const incident = anIncident({
    ...resolved,
    captures: [CAPTURE, CAPTURE.replace("45.7", "46.7")],
    hung: { count: 2, longestNs: 90e9 },
    suppressed: 3,
    verdict: SERVER,
    attribution: anAttribution(),
    rules: ["slow", "stuck"],
    shares: ["//files/db", "//files/evil\u001b[2J"],
    worst: aRequest({ comm: "evil\u001b]0;x" }),
  });

  function stored(): StoredIncident {
    const collected = {
      incident_id: incident.id,
      capture: CAPTURE,
      incident: null,
      actions: [{ name: "dmesg", status: "ok" }],
    };
    const text =
      encodeEntry({ event: "opened", incident: { ...incident, state: "open", count: 1 } }, OPENED_AT_MS) +
      encodeEntry({ event: "collected", fields: collected }, OPENED_AT_MS) +
      encodeEntry({ event: "resolved", incident }, OPENED_AT_MS);
    return foldIncidents(decodeEntries(text))[0] as StoredIncident;
  }

  test("is shown in full, with its captures, also deleted ones, and its history", () => {
    const lines = incidentLines(stored(), (name) => (name === CAPTURE ? `/out/${name}` : undefined), 0);
    expect(lines).toEqual([
      "incident    20261123T012345.678Z",
      "rule        slow (latency), at worst slow",
      "other rule  stuck",
      "share       //files/db",
      "other share //files/evil\\u001b[2J",
      "server      files, 192.0.2.7, SMB 3.1.1, encrypted, connection 0x7",
      "family      availability",
      "mounted at  /mnt/db",
      "who waits   postgres (4200), postgresql.service",
      "opened      2026-11-23T01:23:45.678Z",
      "last seen   2026-11-23T01:23:47.178Z",
      "resolved    2026-11-23T01:25:20.678Z",
      "requests    10, the worst 51 ms",
      "worst       SMB2_READ, evil\\u001b]0;x, pid 4200",
      "hung        2 in one go, for 1.5 min at most",
      "verdict     server, confidence 0.76",
      "            The server is to blame.",
      `            ${SERVER.because[0]}`,
      "suppressed  3 captures, by the cooldown or an hour's limits",
      `captures    /out/${CAPTURE}`,
      "            aod_20261123T012346.700Z_slow.tar.zst (deleted)",
      'history     2026-11-23T01:23:45.678Z opened kind=slow requests=1 worst="51 ms"',
      `            2026-11-23T01:23:45.678Z collected capture=${CAPTURE}`,
      '            2026-11-23T01:23:45.678Z resolved kind=slow requests=10 worst="51 ms"',
    ]);
  });
});
