import { describe, expect, test } from "bun:test";
import { type FilterValues, isFiltering, makeHistoryFilter } from "../../src/cli/history-filter.ts";
import { failureOf } from "../helpers/failure.ts";

const NOW_MS = Date.UTC(2026, 11, 1, 12);
const HOUR_MS = 3_600_000;
const INCIDENT = {
  beganMs: NOW_MS - 3 * HOUR_MS,
  endedMs: NOW_MS - 2 * HOUR_MS,
  rules: ["slow-requests", "stuck-requests"],
  shares: ["//Files/Projects", "//files/home"],
};

describe("a filter of incidents and captures", () => {
  test.each<[string, FilterValues, boolean]>([
    ["without a condition everything is shown", {}, true],
    ["an incident that ended before --since is left out", { since: "1h" }, false],
    ["an incident that lasted beyond --since is shown", { since: "150m" }, true],
    ["an incident that began after --until is left out", { until: "4h" }, false],
    ["an incident that began before --until is shown", { until: "150m" }, true],
    ["any of its rules is enough", { rule: "stuck-requests" }, true],
    ["a rule is named whole", { rule: "stuck" }, false],
    ["or by a pattern", { rule: "stuck*" }, true],
    ["a share is found by a part of its name, whatever its case", { share: "projects" }, true],
    ["or by a pattern of its whole name", { share: "//files/*" }, true],
    ["a pattern of a part alone matches none", { share: "proj*" }, false],
    ["all conditions have to be met", { share: "projects", rule: "other" }, false],
  ])("%s", (_, values, expected) => {
    expect(makeHistoryFilter(values, NOW_MS)(INCIDENT)).toBe(expected);
    expect(isFiltering(values)).toBe(Object.keys(values).length > 0);
  });

  test("an end before the beginning is refused", () => {
    const failure = failureOf(() => makeHistoryFilter({ since: "1h", until: "2h" }, NOW_MS));
    expect(failure?.message).toBe("--until 2h is before --since 1h");
  });
});
