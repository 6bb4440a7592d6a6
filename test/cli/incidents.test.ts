import { describe, expect, test } from "bun:test";
import { chooseIncident, incidentValues, newestFirst } from "../../src/cli/incidents.ts";
import { safeJson } from "../../src/cli/print.ts";
import { failureLines } from "../../src/daemon/failure-lines.ts";
import type { StoredIncident } from "../../src/history/fold.ts";
import { failureOf } from "../helpers/failure.ts";
import { anIncident, OPENED_AT_MS } from "../helpers/incident.ts";

function stored(id: string, openedAtMs = OPENED_AT_MS, share = "//files/db"): StoredIncident {
  return { incident: anIncident({ id, openedAtMs, share }), entries: [] };
}

describe("aod incidents", () => {
  test("lists the newest first; of two at one moment the one that was written last", () => {
    const order = newestFirst([stored("a", 2), stored("b", 3), stored("c", 3), stored("d", 1)]);
    expect(order.map(({ incident }) => incident.id)).toEqual(["c", "b", "a", "d"]);
  });

  test("finds an incident by the beginning of its id; an exact id goes first", () => {
    const all = ["20261123T012345.678Z", "20261123T012345.678Z-2", "20261124T000000.000Z"].map((id) =>
      stored(id),
    );
    expect(chooseIncident(all, "20261124")).toBe(all[2] as StoredIncident);
    expect(chooseIncident(all, "20261123T012345.678Z")).toBe(all[0] as StoredIncident);
    expect(failureOf(() => chooseIncident(all, "20261123"))).toMatchObject({
      code: "NOT_FOUND",
      message: "2 incidents begin with 20261123; type more of the id",
      context: { choices: "20261123T012345.678Z\n20261123T012345.678Z-2" },
    });
    expect(chooseIncident(all, "latest")).toBe(all[0] as StoredIncident);
    expect(failureOf(() => chooseIncident(all, "20261124T000000.00OZ"))?.message).toBe(
      "no incident 20261124T000000.00OZ (did you mean 20261124T000000.000Z?); aod incidents lists them",
    );
    expect(failureOf(() => chooseIncident([], "latest"))?.message).toBe("there is no incident yet");
    const failure = failureOf(() => chooseIncident(all, "x\u001b"));
    expect(failure?.code).toBe("NOT_FOUND");
    expect(failure && failureLines(failure)).toEqual(["aod: no incident x\\u001b; aod incidents lists them"]);
  });

  test("prints JSON with control characters escaped and values unchanged", () => {
    const share = "//x\u001b[2J\u009b\u202e\nfake";
    const lines = safeJson(incidentValues([stored("a", OPENED_AT_MS, share)], false, 0));
    expect(JSON.parse(lines.join("\n"))).toMatchObject([{ id: "a", share, captures: [] }]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    expect(lines.filter((line) => /[\u0000-\u001f\u007f-\u009f\u202e]/.test(line))).toEqual([]);
    expect(safeJson([])).toEqual(["[]"]);
  });

  test("adds the history if one incident is asked for", () => {
    const entry = {
      time: "t",
      event: "notified",
      incidentId: "a",
      incident: undefined,
      fields: { of: "opened" },
    };
    const values = incidentValues([{ ...stored("a"), entries: [entry] }], true, 0);
    expect(values).toMatchObject([{ id: "a" }]);
    expect((values[0] as { history: unknown }).history).toEqual([
      { time: "t", event: "notified", of: "opened" },
    ]);
  });
});
