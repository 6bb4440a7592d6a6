// One hang has one age: `aod status`, `aod top` and `aod incidents` show the same at any moment, however long ago the
// detector reported it last.

import { describe, expect, test } from "bun:test";
import { incidentColumns, incidentLines } from "../../src/cli/incident-lines.ts";
import { statusLines } from "../../src/cli/status-lines.ts";
import { fittingLines } from "../../src/cli/table.ts";
import { decodeIncident, encodeIncident } from "../../src/history/snapshot.ts";
import { makeLive, toIncident } from "../../src/live/live.ts";
import { shareRows } from "../../src/live/shares.ts";
import { takeSnapshot } from "../../src/live/snapshot.ts";
import { durationText } from "../../src/model/figure.ts";
import type { Incident } from "../../src/model/incident.ts";
import { ASCII } from "../../src/top/glyphs.ts";
import { plainText } from "../../src/top/line.ts";
import { screenLines } from "../../src/top/screen.ts";
import { beginTop } from "../../src/top/state.ts";
import { anIncident } from "../helpers/incident.ts";
import { aRequest } from "../helpers/request.ts";
import { aStatus } from "../helpers/status.ts";
import { aSnapshotInput, NOW_NS } from "../live/snapshot-input.ts";

function tableLines(incidents: readonly Incident[], nowMs: number, room = Infinity): readonly string[] {
  return fittingLines(incidentColumns(incidents, nowMs), room, ASCII).map(plainText);
}

const STARTED_AT_MS = Date.UTC(2026, 10, 23, 1, 23, 45);
/** The detector reported it when it was 4 s old, and never since. */
const REPORTED_AFTER_MS = 4000;
const ABOUT = {
  address: undefined,
  mountPoints: [],
  dfsPaths: [],
  dialect: undefined,
  encrypted: undefined,
};

function hangOf(ageMs: number) {
  const now = { epochMs: STARTED_AT_MS + ageMs, monotonicNs: NOW_NS };
  const startedNs = NOW_NS - ageMs * 1e6;
  const incident = anIncident({
    kind: "hung",
    rule: "stuck",
    share: "//nas/projects",
    worstNs: REPORTED_AFTER_MS * 1e6,
    openedAtMs: STARTED_AT_MS + 1000,
    lastAtMs: STARTED_AT_MS + REPORTED_AFTER_MS,
    standing: { count: 1, startedNs, startedAtMs: STARTED_AT_MS },
  });
  const input = aSnapshotInput([aRequest({ startNs: BigInt(startedNs), latencyMs: 0, treeId: 5 })]);
  return { now, incident, input, snapshot: takeSnapshot(input) };
}

/** As the history is read back. */
function stored(incident: Incident): Incident {
  const written = encodeIncident(incident, { epochMs: incident.lastAtMs });
  return decodeIncident(JSON.parse(JSON.stringify(written))) as Incident;
}

describe("the age of a hang", () => {
  test.each([5_000, 21_000, 26_000, 36_000, 47_000, 90_000, 900_000])(
    "is the same everywhere after %d ms",
    (ageMs) => {
      const { now, incident, input, snapshot } = hangOf(ageMs);
      const age = durationText(ageMs);

      const live = makeLive(snapshot, input.table, {
        epochMs: now.epochMs,
        isWatching: true,
        incidents: [incident],
        losses: {},
      });
      const top = screenLines(
        { ...beginTop({ host: "h", everyMs: 1000 }), live },
        { columns: 100, rows: 40 },
        ASCII,
      ).map(plainText);
      const status = statusLines(
        aStatus({
          at: new Date(now.epochMs).toISOString(),
          open_incidents: [toIncident(incident, now)],
          stalled: live.stalled,
          shares: [...shareRows(snapshot, [], { histograms: [], statuses: [] }, () => ABOUT)],
        }),
        { columns: 100, rows: 40 },
        ASCII,
      ).map(plainText);
      const table = tableLines([stored(incident)], now.epochMs);
      const one = incidentLines({ incident: stored(incident), entries: [] }, () => undefined, now.epochMs);

      const rowOf = (lines: readonly string[], text: string | RegExp) =>
        lines.find((line) => line.match(text)) ?? "";
      expect(rowOf(top, / stuck /), "top, incident").toContain(` ${age} `);
      expect(rowOf(top, /^ *\/\/nas\/projects/), "top, share").toEndWith(` ${age}`);
      expect(rowOf(top, "no reply for"), "top, headline").toContain(`for ${age};`);
      expect(rowOf(top, /^last .* in flight /), "top, totals").toContain(`oldest ${age}`);
      expect(rowOf(status, /^ {2}hangs/), "status, incident").toContain(` ${age} `);
      expect(rowOf(status, /^ {2}\/\/nas\/projects/), "status, share").toEndWith(` ${age}`);
      expect(rowOf(status, "no reply for"), "status, headline").toContain(`for ${age};`);
      expect(rowOf(table, " hangs "), "incidents").toContain(`  ${age} `);
      expect(rowOf(one, /^hanging/), "incidents ID").toEndWith(`the oldest for ${age}`);
    },
  );
});
