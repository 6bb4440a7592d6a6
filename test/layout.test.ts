// src/ against the table of who may import whom, and that table's check against breaches made up for it.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findBreaches, findIdleDoors, findImports, ROOMS } from "./helpers/layout.ts";

const SRC = join(import.meta.dir, "../src");
const HEAD = "// In: nothing.\n// Out: nothing.\n\n";

function readSources(): Map<string, string> {
  const paths = [...new Bun.Glob("**/*").scanSync(SRC)].filter((path) => !path.endsWith(".md")).sort();
  return new Map(paths.map((path) => [path, readFileSync(join(SRC, path), "utf8")]));
}

describe("src", () => {
  test("keeps to the table of rooms and doors", () => {
    const sources = readSources();
    expect(sources.size).toBeGreaterThan(20);
    expect(findBreaches(sources)).toEqual([]);
  });

  test("is described, every room of it, in docs/architecture.md and in src/README.md", () => {
    const architecture = readFileSync(join(SRC, "../docs/architecture.md"), "utf8");
    const map = readFileSync(join(SRC, "README.md"), "utf8");
    // log.ts and main.ts are rooms of one file.
    const rooms = Object.keys(ROOMS).filter((room) => !["log", "main"].includes(room));
    expect(rooms.filter((room) => !architecture.includes(`\`src/${room}\``))).toEqual([]);
    expect(rooms.filter((room) => !new RegExp(`^\\|[^|]*\\b${room}\\b[^|]*\\|`, "m").test(map))).toEqual([]);
  });

  test("uses every door", () => {
    expect(findIdleDoors(readSources())).toEqual([]);
  });
});

describe("the check of the table", () => {
  const other = `${HEAD}export const one = 1;\n`;

  test.each([
    [
      "an import of a higher room",
      { "model/a.ts": 'import { one } from "../kernel/b.ts";' },
      "must not import kernel",
    ],
    ["a type alone", { "model/a.ts": 'import type { T } from "../kernel/b.ts";' }, "must not import kernel"],
    [
      "an inline type",
      { "model/a.ts": 'import { type T } from "../kernel/b.ts";' },
      "must not import kernel",
    ],
    ["a type by import()", { "model/a.ts": 'let a: import("../kernel/b.ts").T;' }, "must not import kernel"],
    ["a re-export", { "model/a.ts": 'export { one } from "../kernel/b.ts";' }, "must not import kernel"],
    ["many lines", { "model/a.ts": 'import {\n  one,\n} from "../kernel/b.ts";' }, "must not import kernel"],
    ["a dynamic import", { "model/a.ts": 'await import("../kernel/b.ts");' }, "must not import kernel"],
    ["an import sideways", { "runner/a.ts": 'import { one } from "../kernel/b.ts";' }, undefined],
    [
      "a neighbour",
      { "system/a.ts": 'import { one } from "../kernel/b.ts";' },
      "system must not import kernel",
    ],
    ["a pure file", { "detector/a.ts": 'import { one } from "../kernel/b.ts";' }, "pure file of detector"],
    ["its worker", { "detector/worker.ts": 'import { one } from "../kernel/b.ts";' }, undefined],
    [
      "a room that logs",
      { "log.ts": `${HEAD}export const two = 2;\n`, "runner/a.ts": 'import "../log.ts";' },
      "must not import log",
    ],
    ["a file that is not there", { "runner/a.ts": 'import "../kernel/c.ts";' }, "no file of src/"],
    ["an unknown room", { "stuff/a.ts": 'import "../kernel/b.ts";' }, "stuff is no room"],
    [
      "a module behind another door",
      { "runner/a.ts": 'import { parse } from "yaml";' },
      "must not import yaml",
    ],
    ["FFI", { "runner/a.ts": 'import { dlopen } from "bun:ffi";' }, "must not import bun:ffi"],
    ["Node's modules in model", { "model/a.ts": 'import "node:fs";' }, "must not import node:fs"],
    [
      "what was built",
      { "runner/a.ts": 'import a from "../../build/a.so" with { type: "file" };' },
      undefined,
    ],
    ["a message past the port", { "runner/a.ts": "self.postMessage(1);" }, "postMessage is not for"],
    ["a word in a comment", { "runner/a.ts": "// postMessage\nexport const a = 1;" }, undefined],
    ["a worker", { "supervisor/a.ts": 'new Worker("x");' }, "new Worker is not for"],
    ["a child", { "cli/a.ts": 'Bun.spawn(["a"]);' }, "a child process is not for"],
    ["two doors", { "runner/a.ts": "Bun.spawn([]);", "runner/c.ts": "Bun.spawn([]);" }, "for one file only"],
    ["a word to systemd", { "cli/a.ts": "process.env.NOTIFY_SOCKET;" }, "sd_notify is not for"],
    ["a deletion", { "runner/a.ts": 'unlinkSync("x");' }, "deleting is not for"],
    [
      "a command line",
      { "cifs/a.ts": 'export const a = "/proc/1/cmdline";' },
      "another process's memory is not for",
    ],
    [
      "a name that two files export",
      { "runner/a.ts": "export const name = 1;", "runner/c.ts": "export interface name {}" },
      "an exported name is defined once",
    ],
    [
      "overloads of one function",
      { "runner/a.ts": "export function a(): void;\nexport function a(): void {}" },
      undefined,
    ],
    ["a default export", { "runner/a.ts": "export default 1;" }, "default export"],
    ["too many lines", { "runner/a.ts": `${"\n".repeat(400)}let a;` }, "400 is the most"],
    ["a barrel", { "runner/index.ts": "export const a = 1;" }, "says nothing"],
    ["a capital letter", { "runner/aB.ts": "export const a = 1;" }, "kebab-case"],
  ] as [string, Record<string, string>, string | undefined][])("%s", (_, files, expected) => {
    const made = Object.entries(files).map(
      ([path, text]) => [path, text.startsWith(HEAD) ? text : HEAD + text] as const,
    );
    const breaches = findBreaches(new Map([["kernel/b.ts", other], ...made]));
    if (expected === undefined) expect(breaches).toEqual([]);
    else expect(breaches).toEqual([expect.stringContaining(expected)]);
  });

  test("a file without its opening comment", () => {
    expect(findBreaches(new Map([["runner/a.ts", "export const a = 1;\n"]]))).toHaveLength(1);
  });

  test("imports are found once, whatever their form", () => {
    const text = 'import { a } from "./a.ts";\nimport type { B } from "./a.ts";\nimport "./c.ts";\n';
    expect(findImports(text).sort()).toEqual(["./a.ts", "./c.ts"]);
  });
});
