import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { summarizeOpenFiles } from "../../src/runner/open-files-summary.ts";
import { anOrder } from "../helpers/order.ts";

const TEXT = readFileSync(join(import.meta.dir, "../cifs/fixtures/open_files.txt"), "utf8");

describe("the summary of open files", () => {
  const shares = [{ sessionId: 0xffff_ffff_949c_e6a8n, treeId: 0x75c61ba9, share: "//127.0.0.1/share1" }];

  test("names shares, as far as they are known, and ends with the file as it was", () => {
    const text = summarizeOpenFiles(TEXT, anOrder({ shares }));
    expect(text.split("\n").slice(0, 7)).toEqual([
      "2 open files",
      "  //127.0.0.1/share1: 1",
      "  tree 0x75c61baa: 1",
      "",
      "//127.0.0.1/share1  pid 5678, uid 0, flags 0xc002, count 1, fid 0x24d0faab  aiostress.5454.3.12",
      "tree 0x75c61baa  pid 32005, uid 1000, flags 0x8000, count 2, fid 0x5c5698c8  a report.txt",
      "",
    ]);
    expect(text).toEndWith(TEXT);
  });

  test("lists so many and counts the others", () => {
    const line = "0x1 0x2 0x3 0x4 1 1 0 x\n";
    const text = summarizeOpenFiles(line.repeat(5000), anOrder());
    expect(text).toStartWith("5000 open files\n");
    expect(text).toContain("\nand 904 more\n");
  });

  test("lets no name move a cursor", () => {
    expect(summarizeOpenFiles("0x1 0x2 0x3 0x4 1 1 0 a\x1b[2Jb\n", anOrder()).split("\n\n")[1]).toEndWith(
      "a\\x1b[2Jb",
    );
  });
});
