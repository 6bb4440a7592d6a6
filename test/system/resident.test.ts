import { describe, expect, test } from "bun:test";
import { codeRanges, dropCodePages } from "../../src/system/resident.ts";

const MAPS = `00200000-01a40000 r--p 00000000 fe:00 5311817                            /usr/bin/aod
01a40000-0684a000 r-xp 01838000 fe:00 5311817                            /usr/bin/aod
06867000-06cdd000 rw-p 06640000 fe:00 5311817                            /usr/bin/aod
7f0000000000-7f0000001000 rwxp 00000000 00:00 0
7f1000000000-7f1000002000 r-xp 00000000 fe:00 17                         /usr/lib/libc.so.6
`;

describe("the code of this program", () => {
  test("is what is executable, and of its own file", () => {
    expect(codeRanges(MAPS, "/usr/bin/aod")).toEqual([{ address: 0x1a40000, bytes: 0x684a000 - 0x1a40000 }]);
    expect(codeRanges(MAPS, "/usr/bin/other")).toEqual([]);
  });

  test("runs on when its pages were dropped", () => {
    dropCodePages();
    expect([3, 1, 2].sort()).toEqual([1, 2, 3]);
    dropCodePages();
    expect(JSON.parse('{"a":[1,2]}')).toEqual({ a: [1, 2] });
  });
});
