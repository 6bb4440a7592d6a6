import { describe, expect, spyOn, test } from "bun:test";
import type { Fault } from "../../src/config/yaml-fault.ts";
import { readYaml } from "../../src/config/yaml-tree.ts";

const faultsOf = (text: string): Fault[] => [...readYaml(text).faults];

describe("readYaml", () => {
  test.each([
    ["an empty file", "", null],
    ["comments only", "# a\n# b\n", null],
    ["YAML 1.2 booleans only", "a: yes\nb: on\nc: true\n", { a: "yes", b: "on", c: true }],
    ["CRLF", "a: 1\r\nb:\r\n  - x\r\n", { a: 1, b: ["x"] }],
    ["a marked document", "---\na: 1\n...\n", { a: 1 }],
    ["anchors", "a: &x [1]\nb: *x\n", { a: [1], b: [1] }],
    ["a key that is a number", "1: a\n", { "1": "a" }],
  ])("accepts %s", (_, text, value) => {
    expect(readYaml(text).value).toEqual(value);
    expect(faultsOf(text)).toEqual([]);
  });

  test.each([
    ["tabs", "a:\n\tb: 1\n", 3, "tabs can't indent"],
    ["a colon too many", "a: b: c\n", 3, 'a second ": "'],
    ["a bracket too few", "a: [1, 2\nb: 3\n", 9, "is not valid YAML"],
    ["a key without its space, at the beginning", "watch:1\na:\n  b: 1\n", 5, 'a space is missing after ":"'],
    ["a key without its space, in a list", "a:\n  - b:1\n    c: 2\n", 8, 'a space is missing after ":"'],
    ["a key without its space, at the end", "a: 1\nwatch:1\n", 10, 'a space is missing after ":"'],
    ["a quote that is never closed", 'a: "/var/log\nb: 1\nc:\n  d: 2\n', 3, "this quote is never closed"],
    ["a backslash in double quotes", 'a: "\\\\files\\projects"\n', 11, "in double quotes a backslash"],
    ["a no-break space before a key", "a:\n\u00a0 b: 1\n", 3, "indented with a no-break space"],
    ["a second document", "a: 1\n---\nb: 2\n", 5, "a second document begins here"],
    ["a tag", "a: !secret x\n", 3, "has a tag"],
    ["another YAML", "%YAML 1.1\n---\na: yes\n", 0, "remove the %YAML line"],
    ["an alias without an anchor", "a: 1\nb: *gone\n", 8, "has no anchor before it"],
    ["an alias before its anchor", "a: *x\nb: &x 1\n", 3, "has no anchor before it"],
    ["too many aliases", `- &a 1\n${"- *a\n".repeat(200)}`, 509, "more than 100 aliases"],
    ["a list as a key", "? [a, b]\n: 1\n", 2, "a key must be a name"],
    ["deep lists", "[".repeat(5000), 33, "nested deeper than 32"],
    ["deep mappings", "{a: ".repeat(2000), 132, "nested deeper than 32"],
    ["deep keys, which take exponential time to compose", "? ".repeat(3000), 66, "nested deeper than 32"],
  ])("reports %s, with its place", (_, text, offset, message) => {
    expect(faultsOf(text)[0]).toMatchObject({ offset, message: expect.stringContaining(message) });
  });

  test("does not expand an alias bomb", () => {
    const tens = (name: string) => `[${Array.from({ length: 10 }, () => `*${name}`).join(", ")}]`;
    const bomb = `a: &a [x]\nb: &b ${tens("a")}\nc: &c ${tens("b")}\nd: &d ${tens("c")}\ne: ${tens("d")}\n`;
    expect(faultsOf(bomb)).toMatchObject([{ message: "repeats its anchors more than 100 times" }]);
  });

  test("survives an anchor that contains itself", () => {
    expect(faultsOf("a: &x [*x]\n")).toEqual([]);
  });

  test("writes nothing to stderr", () => {
    const warn = spyOn(process, "emitWarning");
    readYaml("? [a, b]\n: 1\nc: !x 1\n");
    readYaml("? {a: b}\n: 1\n");
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test("finds keys that appear twice, each with its path, also in lists and by another spelling", () => {
    const text = 'a: 1\nb:\n  - {x: 1, "x": 2}\n1: a\n"1": b\na: 2\n';
    expect(faultsOf(text).map(({ path, message }) => [...path, message])).toEqual([
      ["b", 0, "x", "appears twice"],
      ["1", "appears twice"],
      ["a", "appears twice"],
    ]);
  });

  test("reports only the first mistakes of a file that is full of them", () => {
    expect(faultsOf("]".repeat(1000)).length).toBe(10);
  });
});

describe("offsets", () => {
  const text = "a: 1\nb:\n  c:\n    - x\n    - y: 2\ne:\nf: &n {g: 1}\nh: *n\n";
  const tree = readYaml(text);

  test.each([
    [["a"], "a: 1", "1\nb"],
    [["b", "c", 1, "y"], "y: 2", "2\ne"],
    [["b", "c", 0], "x\n", "x\n"],
    [["b", "missing"], "b:\n", "b:\n"],
    [["b", "c", 7, "z"], "c:\n", "c:\n"],
    [["h", "g"], "g: 1", "1}"],
    [["nothing", "here"], "a: 1", "a: 1"],
  ])("of %p are those of its key and its value", (path, atKey, atValue) => {
    expect(text.slice(tree.offsetOfKey(path))).toStartWith(atKey);
    expect(text.slice(tree.offsetOfValue(path))).toStartWith(atValue);
  });
});
