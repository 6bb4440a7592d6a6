import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { parseMountInfo } from "../../src/model/mountinfo.ts";

const CIFS =
  "33 28 0:33 / /mnt/a\\040b rw,relatime shared:17 master:3 - cifs //127.0.0.1/share1 rw,vers=3.1.1,addr=127.0.0.1,soft";

describe("parseMountInfo", () => {
  test("takes a cifs mount apart, optional fields and escapes included", () => {
    expect(parseMountInfo(`${CIFS}\n`)).toEqual([
      {
        mountId: 33,
        parentId: 28,
        root: "/",
        mountPoint: "/mnt/a b",
        type: "cifs",
        source: "//127.0.0.1/share1",
        options: ["rw", "relatime"],
        superOptions: ["rw", "vers=3.1.1", "addr=127.0.0.1", "soft"],
      },
    ]);
  });

  test.each([
    ["", 0],
    ["33 28 0:33 / /mnt", 0],
    ["33 28 0:33 / /mnt rw shared:1", 0],
    ["33 28 0:33 / /mnt rw - ext4", 0],
    ["x 28 0:33 / /mnt rw - ext4 /dev/sda rw", 0],
    ["33 28 0:33 / /mnt rw - ext4 /dev/sda", 1],
    [`garbage\n${CIFS}\n\n${CIFS}`, 2],
  ])("%j holds %d mounts", (text, count) => {
    expect(parseMountInfo(text)).toHaveLength(count);
  });

  test("reads this machine's own: one of them is the root", () => {
    const mounts = parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
    expect(mounts.map(({ mountPoint }) => mountPoint)).toContain("/");
  });
});
