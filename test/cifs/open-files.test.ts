import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseOpenFiles } from "../../src/cifs/open-files.ts";

const TEXT = readFileSync(join(import.meta.dir, "fixtures/open_files-6.12.txt"), "utf8");

describe("open_files", () => {
  test("has one entry for each open file, and names may contain spaces", () => {
    const spaced = "0xa0732595 0xffffffff949ce6a8 0x5c5698c8 0x8000 2 32005 1000 a report.txt\n";
    expect(parseOpenFiles(TEXT + spaced)).toEqual([
      {
        treeId: 0xa0732595,
        sessionId: 0xe4fac1dan,
        fileId: "0x6187d9c7",
        flags: "0xc000",
        count: 2,
        pid: 271,
        uid: 0,
        name: "data",
      },
      {
        treeId: 0xa0732595,
        sessionId: 0xffff_ffff_949c_e6a8n,
        fileId: "0x5c5698c8",
        flags: "0x8000",
        count: 2,
        pid: 32005,
        uid: 1000,
        name: "a report.txt",
      },
    ]);
  });

  test("has no session ids if the kernel prints none", () => {
    const old = "0x75c61ba9 0x24d0faab 0xc002 1 5678 0 aiostress\n";
    expect(parseOpenFiles(old)).toMatchObject([
      { treeId: 0x75c61ba9, sessionId: undefined, fileId: "0x24d0faab" },
    ]);
  });

  const HEAD =
    "# Version:1\n# Format:\n# <tree id> <ses id> <persistent fid> <flags> <count> <pid> <uid> <filename>";
  const line = (name: string, numbers = "2 271 0") => `0x5 0x6 0x7 0x8000 ${numbers} ${name}\n`;
  const namesOf = (text: string) => parseOpenFiles(text).map(({ name }) => name);

  test("accepts lines with negative numbers", () => {
    const text = line("a", "-1 -2 -3") + line("b", "2 271 -1");
    expect(parseOpenFiles(text)).toMatchObject([
      { count: -1, pid: -2, uid: -3, name: "a" },
      { count: 2, pid: 271, uid: -1, name: "b" },
    ]);
  });

  test.each([
    ["", ["data", "a report.txt", "7"]],
    [" <mid>", ["data 91", "a report.txt 92", "7 93"]],
    [" <lease>", ["data RHW", "a report.txt NONE", "7 R"]],
    [
      " <lease> <lease-key>",
      ["data RH 4b3f0c2e-0c0e-4c7c-8a3b-1f2e3d4c5b6a", "a report.txt NONE -", "7 NONE -"],
    ],
    [" <lease> <lease-key> <mid>", ["data RW - 91", "a report.txt R - 92", "7 NONE - 93"]],
  ])("reads the name before the columns%s", (columns, lines) => {
    const text = `${HEAD}${columns}\n${lines.map((one) => line(one)).join("")}\n`;
    expect(namesOf(text)).toEqual(["data", "a report.txt", "7"]);
  });

  test("has one entry for a name with a line feed", () => {
    expect(namesOf(`${HEAD} <lease>\n${line("two\nlines R")}${line("next RH")}\n`)).toEqual([
      "two\nlines",
      "next",
    ]);
    expect(namesOf(`${HEAD}\n${line("two\nlines")}`)).toEqual(["two\nlines"]);
    expect(namesOf(line(`x\n${"y".repeat(100_000)}`))).toEqual(["x"]);
  });

  test.each(["", "\0", "# Version:1", "0x 0x 0x 1 1 1 x", "x".repeat(100_000), "0x1 0x2 0x3 0x4 a b c d"])(
    "passes over what is no file: %p",
    (text) => expect(parseOpenFiles(text)).toEqual([]),
  );
});
