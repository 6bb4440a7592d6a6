import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { summarizeOpenFiles } from "../../src/runner/open-files-summary.ts";
import { anOrder } from "../helpers/order.ts";

const TEXT = readFileSync(join(import.meta.dir, "../cifs/fixtures/open_files-6.12.txt"), "utf8");

describe("the summary of open files", () => {
  const shares = [{ sessionId: 0xe4fac1dan, treeId: 0xa0732595, share: "//127.0.0.1/alpha" }];

  test("names the shares that are known, and ends with the original text", () => {
    const raw = `${TEXT}0x75c61baa 0x1 0x5c5698c8 0x8000 2 32005 1000 a report.txt\n`;
    const text = summarizeOpenFiles(raw, anOrder({ shares }));
    expect(text.split("\n").slice(0, 7)).toEqual([
      "2 open files",
      "  //127.0.0.1/alpha: 1",
      "  tree 0x75c61baa: 1",
      "",
      "//127.0.0.1/alpha  pid 271, uid 0, flags 0xc000, count 2, fid 0x6187d9c7  data",
      "tree 0x75c61baa  pid 32005, uid 1000, flags 0x8000, count 2, fid 0x5c5698c8  a report.txt",
      "",
    ]);
    expect(text).toEndWith(raw);
  });

  test("of a kernel that prints no session names the share if there is only one candidate", () => {
    const trees = [
      { sessionId: 1n, treeId: 5, share: "//s/data" },
      { sessionId: 1n, treeId: 6, share: "//s/home" },
      { sessionId: 2n, treeId: 6, share: "//t/home" },
    ];
    const raw = "0x5 0xc8d515c3 0xc000 3 296 0 a\n0x6 0xc8d515c4 0xc000 3 296 0 b\n";
    expect(
      summarizeOpenFiles(raw, anOrder({ shares: trees }))
        .split("\n")
        .slice(1, 3),
    ).toEqual(["  //s/data: 1", "  tree 0x6: 1"]);
  });

  test("lists a bounded number and counts the others", () => {
    const line = "0x1 0x2 0x3 0x4 1 1 0 x\n";
    const text = summarizeOpenFiles(line.repeat(5000), anOrder());
    expect(text).toStartWith("5000 open files\n");
    expect(text).toContain("\nand 904 more\n");
  });

  test("escapes names that would move the cursor", () => {
    expect(summarizeOpenFiles("0x1 0x2 0x3 0x4 1 1 0 a\x1b[2Jb\n", anOrder()).split("\n\n")[1]).toEndWith(
      "a\\x1b[2Jb",
    );
  });
});
