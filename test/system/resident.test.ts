import { describe, expect, test } from "bun:test";
import { findProgramPages, untouchedRanges } from "../../src/system/resident.ts";

/** Mappings of proc_pid_smaps(5), of its fields two. */
const SMAPS = (
  [
    ["00200000-01a40000 r--p 00000000 fe:00 5311817", "/usr/bin/aod", 0],
    ["01a40000-0684a000 r-xp 01838000 fe:00 5311817", "/usr/bin/aod", 0],
    ["0684a000-06867000 r--p 06640000 fe:00 5311817", "/usr/bin/aod", 12],
    ["06867000-06cdd000 rw-p 06640000 fe:00 5311817", "/usr/bin/aod", 0],
    ["7f0000000000-7f0000001000 rwxp 00000000 00:00 0", "", 0],
    ["7f1000000000-7f1000002000 r-xp 00000000 fe:00 17", "/usr/lib/libc.so.6", 0],
  ] as const
)
  .map(([mapping, file, kib]) => `${mapping.padEnd(72)} ${file}\nRss: 88 kB\nAnonymous: ${kib} kB\n`)
  .join("");

describe("what can be had again of this program", () => {
  test("is what is of its own file, and can't be written, and never was", () => {
    expect(untouchedRanges(SMAPS, "/usr/bin/aod")).toEqual([
      { address: 0x200000, bytes: 0x1a40000 - 0x200000 },
      { address: 0x1a40000, bytes: 0x684a000 - 0x1a40000 },
    ]);
    expect(untouchedRanges(SMAPS, "/usr/bin/other")).toEqual([]);
  });

  test("runs on when its pages were dropped", () => {
    const drop = findProgramPages();
    drop();
    expect([3, 1, 2].sort()).toEqual([1, 2, 3]);
    drop();
    expect(JSON.parse('{"a":[1,2]}')).toEqual({ a: [1, 2] });
  });
});
