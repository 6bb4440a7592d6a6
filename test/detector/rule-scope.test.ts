import { describe, expect, test } from "bun:test";
import { RuleScopes } from "../../src/detector/rule-scope.ts";
import { aLatencyRule } from "../helpers/rule.ts";

describe("RuleScopes", () => {
  const scopes = new RuleScopes([
    aLatencyRule({ match: { share: "//files*/db", process: undefined } }),
    aLatencyRule({ match: { share: undefined, process: "nginx" } }),
  ]);

  test("the names of shares are matched without regard to case", () => {
    expect(scopes.admitsShare(0, "//FILES1/DB")).toBe(true);
    expect(scopes.admitsShare(0, "//files1/other")).toBe(false);
    expect(scopes.admitsShare(1, "//anything/at all")).toBe(true);
  });

  test("trouble of a server matches the rules for its shares", () => {
    expect(scopes.admitsShare(0, "//files1")).toBe(true);
    expect(scopes.admitsShare(0, "//other")).toBe(false);
  });

  test.each([
    ["//corp.example/*", "//leaf1/data", ["//corp.example/dfs/data"], true],
    ["//corp.example/dfs", "//leaf1/data", ["//Corp.Example/DFS/data"], true],
    ["//corp.example/dfs/data", "//leaf1/data", ["//corp.example/dfs/data"], true],
    ["//leaf1/*", "//leaf1/data", ["//corp.example/dfs/data"], true],
    ["//other/*", "//leaf1/data", ["//corp.example/dfs/data"], false],
    ["//corp.example/*", "//leaf1/data", [], false],
    ["//[2001:DB8::5]/*", "//2001:0db8:0:0:0:0:0:5/data", [], true],
    ["//2001:db8:0::5/data", "//2001:db8::5/data", [], true],
    ["//[2001:db8::6]/*", "//2001:db8::5/data", [], false],
  ] as const)("%s covers %s with the other names %j: %p", (pattern, share, dfsPaths, expected) => {
    const narrowed = new RuleScopes([
      aLatencyRule({ match: { share: pattern.toLowerCase(), process: undefined } }),
    ]);
    expect(narrowed.admitsShare(0, share, dfsPaths)).toBe(expected);
  });

  test("processes are matched by their names", () => {
    expect(scopes.admitsProcess(1, "nginx")).toBe(true);
    expect(scopes.admitsProcess(1, "nginx2")).toBe(false);
    expect(scopes.admitsProcess(0, "any")).toBe(true);
  });
});
