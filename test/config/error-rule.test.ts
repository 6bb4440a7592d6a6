import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/config.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { ERRNO, ERRNO_COUNT } from "../../src/model/errno.ts";
import type { ErrorRule } from "../../src/model/rule.ts";

function parse(keys: object) {
  const failed = { type: "Error", acceptable_count: 3, ...keys };
  return parseConfig(JSON.stringify({ guardian: { anomalies: { failed } } }), "f");
}

function ruleOf(keys: object): ErrorRule {
  const { config, problems } = parse(keys);
  const rule = config?.rules[0];
  if (rule?.type !== "error") throw new Error(problems.map(formatProblem).join("\n"));
  return rule;
}

/** Numbers for which a list says true. */
const trueIn = (list: readonly boolean[]) => list.flatMap((is, number) => (is ? [number] : []));

describe("an error rule", () => {
  test("in mode all counts every errno except excluded ones, also those without a name", () => {
    const { counts, named } = ruleOf({ track_codes: ["ENOENT"], exclude_codes: ["EACCES", "EBUSY"] });
    const all = Array.from({ length: ERRNO_COUNT - 1 }, (_, i) => i + 1);
    expect(trueIn(counts)).toEqual(all.filter((errno) => errno !== ERRNO.EACCES && errno !== ERRNO.EBUSY));
    expect(trueIn(named)).toEqual([ERRNO.ENOENT]);
  });

  test("in mode trackonly counts only tracked errnos", () => {
    const { counts, named } = ruleOf({ mode: "trackonly", track_codes: ["EIO", "EWOULDBLOCK", "ENOTSUP"] });
    expect(trueIn(counts)).toEqual([ERRNO.EIO, ERRNO.EAGAIN, ERRNO.EOPNOTSUPP]);
    expect(named).toEqual(counts);
  });

  test("in mode excludeonly names nothing", () => {
    const { counts, named } = ruleOf({
      mode: "excludeonly",
      track_codes: ["EIO"],
      exclude_codes: ["ENOENT"],
    });
    expect(trueIn(counts).length).toBe(ERRNO_COUNT - 2);
    expect(trueIn(named)).toEqual([]);
  });
});

describe("an error rule that names statuses", () => {
  const SHARING_VIOLATION = 0xc0000043;
  const NAME_DELETED = 0xc00000c9;

  test("counts named statuses whatever their errno, and others by their errno", () => {
    const { counts, statuses } = ruleOf({
      track_codes: ["STATUS_SHARING_VIOLATION"],
      exclude_codes: ["EBUSY", "STATUS_NETWORK_NAME_DELETED"],
    });
    expect(statuses).toEqual({ [SHARING_VIOLATION]: true, [NAME_DELETED]: false });
    expect(counts[ERRNO.EBUSY]).toBe(false);
    expect(counts[ERRNO.EREMCHG]).toBe(true);
  });

  test("in mode trackonly counts only them", () => {
    const { counts, statuses } = ruleOf({ mode: "trackonly", track_codes: ["STATUS_SHARING_VIOLATION"] });
    expect(trueIn(counts)).toEqual([]);
    expect(statuses).toEqual({ [SHARING_VIOLATION]: true });
  });

  test("trips at once at statuses that mean trouble, if they count", () => {
    expect(Object.keys(ruleOf({}).emergency)).toHaveLength(5);
    expect(ruleOf({ exclude_codes: ["EREMCHG"] }).emergency[NAME_DELETED]).toBeUndefined();
    expect(ruleOf({ emergency_codes: [] }).emergency).toEqual({});
    const tracked = { mode: "trackonly", track_codes: ["STATUS_NETWORK_NAME_DELETED"] };
    expect(ruleOf(tracked).emergency).toEqual({ [NAME_DELETED]: true });
  });

  test("trips by a share in place of a count", () => {
    const rate = { acceptable_count: undefined, acceptable_percent: 2.5 };
    expect(ruleOf(rate).rate).toEqual({ acceptableShare: 0.025, minReplies: 100 });
    expect(ruleOf({ ...rate, min_requests: 7 }).rate?.minReplies).toBe(7);
    expect(ruleOf({}).rate).toBeUndefined();
  });
});

describe("the check of an error entry", () => {
  test.each([
    [
      "one errno in both lists, under two names",
      { track_codes: ["EAGAIN"], exclude_codes: ["EWOULDBLOCK"] },
      "error guardian.anomalies.failed.exclude_codes[0] EWOULDBLOCK is both tracked and excluded",
    ],
    [
      "trackonly without a list",
      { mode: "trackonly" },
      "error guardian.anomalies.failed nothing to track: mode trackonly needs track_codes",
    ],
    [
      "a count and a share",
      { acceptable_percent: 5 },
      "error guardian.anomalies.failed.acceptable_percent conflicts with acceptable_count: only one of them can decide",
    ],
    [
      "a least number of requests without a share",
      { min_requests: 5 },
      "warning guardian.anomalies.failed.min_requests belongs to acceptable_percent: ignored",
    ],
    [
      "an errno where only a status can stand",
      { emergency_codes: ["EIO"] },
      'error guardian.anomalies.failed.emergency_codes[0] must be the name of an NT status, not "EIO"',
    ],
    [
      "a list that is not used",
      { mode: "trackonly", track_codes: ["EIO"], exclude_codes: ["ENOENT"] },
      "warning guardian.anomalies.failed.exclude_codes mode trackonly does not use it",
    ],
    [
      "an errno twice",
      { exclude_codes: ["EIO", "EIO"] },
      "warning guardian.anomalies.failed.exclude_codes[1] EIO is in the list twice",
    ],
    [
      "an errno that does not exist",
      { exclude_codes: ["ENONET", "EOI"] },
      'error guardian.anomalies.failed.exclude_codes[1] must be the name of an errno or of an NT status, not "EOI" (did you mean EIO?)',
    ],
    [
      "a key of the other type",
      { track_commands: [] },
      "error guardian.anomalies.failed.track_commands unknown key (it belongs to rules of type Latency, Stuck)",
    ],
    [
      "a tool of the other type",
      { tool: "smbslower" },
      'warning guardian.anomalies.failed.tool "smbslower" is ignored',
    ],
  ])("reports %s", (_, keys, expected) => {
    const { config, problems } = parse(keys);
    const said = problems.map(({ severity, path, message }) => `${severity} ${path} ${message}`);
    expect(said).toEqual([expect.stringContaining(expected)]);
    expect(config === undefined).toBe(expected.startsWith("error"));
  });
});
