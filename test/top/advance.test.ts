import { describe, expect, test } from "bun:test";
import { EVERY_MS } from "../../src/api/protocol.ts";
import { advanceTop } from "../../src/top/advance.ts";
import { COLUMN_IDS, isOverdue } from "../../src/top/columns.ts";
import { KEY_ACTIONS } from "../../src/top/keys.ts";
import { beginTop, rowsOf, type TopState } from "../../src/top/state.ts";
import { aLive, anOutage, anyLive, aRow } from "../helpers/live.ts";
import { seeded } from "../helpers/random.ts";

const begun = beginTop({ host: "db01", everyMs: 1000 });
const outage = advanceTop(begun, { type: "live", live: anOutage() });

function press(state: TopState, ...keys: readonly string[]): TopState {
  return keys.reduce((now, key) => advanceTop(now, { type: "key", key }), state);
}

describe("keys", () => {
  test.each([
    ["s, c and p choose the grouping", ["c"], { group: "command" }],
    ["Tab cycles through the groupings", ["tab", "tab", "tab"], { group: "share" }],
    ["> sorts by the next column", [">", ">"], { sort: "p50" }],
    ["< at the first column sorts by the last", ["<"], { sort: COLUMN_IDS.at(-1) }],
    ["arrows select a row", ["down", "down"], { chosen: "//files.example.com/home" }],
    ["arrows stop at the last row", ["down", "down", "down"], { chosen: "//files.example.com/home" }],
    ["arrows select the first row if none is selected", ["up"], { chosen: "//files.example.com/db" }],
    ["End selects the last row", ["end"], { chosen: "//files.example.com/home" }],
    ["Esc clears the selection", ["down", "escape"], { chosen: undefined }],
    ["another grouping clears the selection", ["down", "p"], { chosen: undefined }],
    ["? opens the help", ["?"], { isHelpOpen: true }],
    ["Esc closes the help and keeps the selection", ["down", "?", "escape"], { isHelpOpen: false }],
    ["+ shortens the interval", ["+"], { everyMs: 500 }],
    ["- lengthens the interval", ["-", "-"], { everyMs: 5000 }],
    ["q quits", ["q"], { isOver: true }],
    ["Ctrl-C quits", ["ctrl-c"], { isOver: true }],
    ["other keys do nothing", ["x", "F7", "\u001b[2J"], outage],
  ] as const)("%s", (_, keys, expected) => {
    expect(press(outage, ...keys)).toMatchObject(expected as object);
  });

  test("never set an interval that the socket refuses", () => {
    const speeds = (key: string) => press(outage, ...new Array<string>(30).fill(key)).everyMs;
    expect([speeds("+"), speeds("-")]).toEqual([EVERY_MS.least, EVERY_MS.most]);
  });

  test("have one meaning each", () => {
    const keys = KEY_ACTIONS.flatMap((action) => action.keys);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });
});

describe("a paused screen", () => {
  const later = aLive({ in_flight_total: 7 });

  test("does not change while figures come, and shows the newest when it resumes", () => {
    const held = advanceTop(press(outage, "space"), { type: "live", live: later });
    expect(held.live).toBe(outage.live);
    expect(press(held, "space").live).toBe(later);
  });

  test("can still be sorted and browsed", () => {
    expect(press(outage, "space", "c", "down").chosen).toBe("SMB2_READ");
  });
});

describe("rows", () => {
  test("that are equal keep their order", () => {
    const live = aLive({
      groups: { share: ["b", "c", "a"].map((key) => aRow(key)), command: [], process: [] },
    });
    expect(rowsOf(advanceTop(begun, { type: "live", live })).map(({ key }) => key)).toEqual(["a", "b", "c"]);
  });

  test("begin with overdue ones, then the greatest, and unknown values last, in every sort order", () => {
    const random = seeded();
    for (let i = 0; i < 100; i++) {
      const state = press(
        advanceTop(begun, { type: "live", live: anyLive(random) }),
        random.pick(["s", "p"]),
      );
      const rows = rowsOf({ ...state, sort: "p99" });
      const hanging = rows.filter(isOverdue);
      const ages = hanging.map(({ oldest_ms }) => oldest_ms ?? 0);
      expect(rows.slice(0, hanging.length), random.seedText).toEqual(hanging);
      expect(ages, random.seedText).toEqual(ages.toSorted((a, b) => b - a));
      const p99 = rows.slice(hanging.length).map(({ recent }) => recent.p99_ms ?? -1);
      expect(p99, random.seedText).toEqual(p99.toSorted((a, b) => b - a));
    }
  });

  test("start again at the next arrow if the selected one is gone", () => {
    const gone = advanceTop(press(outage, "down"), { type: "live", live: aLive() });
    expect(press(gone, "down").chosen).toBe("//files.example.com/db");
    const back = advanceTop(gone, { type: "live", live: anOutage() });
    expect(press({ ...back, chosen: "//gone/share" }, "down").chosen).toBe("//files.example.com/db");
  });
});
