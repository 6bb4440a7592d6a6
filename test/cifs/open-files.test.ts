import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseOpenFiles } from "../../src/cifs/open-files.ts";

const TEXT = readFileSync(join(import.meta.dir, "fixtures/open_files-6.12.txt"), "utf8");

describe("open_files", () => {
  test("is one entry for each open file, the name with its spaces", () => {
    const spaced = "0xa0732595 0xffffffff949ce6a8 0x5c5698c8 0x8000 2 32005 1000 a report.txt\n";
    expect(parseOpenFiles(TEXT + spaced)).toEqual([
      {
        ...{ treeId: 0xa0732595, sessionId: 0xe4fac1dan, fileId: "0x6187d9c7", flags: "0xc000" },
        ...{ count: 2, pid: 271, uid: 0, name: "data" },
      },
      {
        ...{ treeId: 0xa0732595, sessionId: 0xffff_ffff_949c_e6a8n, fileId: "0x5c5698c8", flags: "0x8000" },
        ...{ count: 2, pid: 32005, uid: 1000, name: "a report.txt" },
      },
    ]);
  });

  test("of a kernel that has no session ids has none", () => {
    const old = "0x75c61ba9 0x24d0faab 0xc002 1 5678 0 aiostress\n";
    expect(parseOpenFiles(old)).toMatchObject([
      { treeId: 0x75c61ba9, sessionId: undefined, fileId: "0x24d0faab" },
    ]);
  });

  test.each(["", "\0", "# Version:1", "0x 0x 0x 1 1 1 x", "x".repeat(100_000), "0x1 0x2 0x3 0x4 a b c d"])(
    "passes over what is no file: %p",
    (text) => expect(parseOpenFiles(text)).toEqual([]),
  );
});
