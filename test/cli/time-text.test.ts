import { describe, expect, test } from "bun:test";
import { parseTime } from "../../src/cli/time-text.ts";
import { failureOf } from "../helpers/failure.ts";

const NOW_MS = new Date(2026, 11, 1, 9, 30, 0).getTime();
const local = (...parts: [number, number, number, number?, number?, number?]) => new Date(...parts).getTime();

describe("parseTime", () => {
  test.each([
    ["90s", NOW_MS - 90_000],
    ["1.5h", NOW_MS - 5_400_000],
    ["2d ago", NOW_MS - 172_800_000],
    ["today", local(2026, 11, 1)],
    ["yesterday", local(2026, 10, 30)],
    ["09:15", local(2026, 11, 1, 9, 15)],
    ["23:15:10", local(2026, 10, 30, 23, 15, 10)],
    ["2026-11-30", local(2026, 10, 30)],
    ["2026-11-30 10:30", local(2026, 10, 30, 10, 30)],
    ["2026-11-30T10:30:15Z", Date.UTC(2026, 10, 30, 10, 30, 15)],
    ["2026-11-30T10:30+02:00", Date.UTC(2026, 10, 30, 8, 30)],
  ])("%s", (text, expected) => {
    expect(parseTime(text, NOW_MS, "--since")).toBe(expected);
  });

  test.each(["", "1", "1 fortnight", "25:00", "2026-13-01", "tomorrow", "-1h"])("%j is no time", (text) => {
    const failure = failureOf(() => parseTime(text, NOW_MS, "--since"));
    expect(failure?.code).toBe("USAGE");
    expect(failure?.message).toStartWith("--since is not a time: ");
  });
});
