// Descriptors in reserve, in a process of its own with few of them: given back when there are no more, taken again when
// there are.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "../helpers/program.ts";

const PROGRAM = `
  import { closeSync, openSync } from "node:fs";
  import { DescriptorReserve } from "${join(ROOT, "src/system/descriptor-reserve.ts")}";
  const reserve = new DescriptorReserve(20, 5);
  const others = [];
  const take = (most = Infinity) => {
    try { while (others.length < most) others.push(openSync("/dev/null", "r")); } catch (error) { if (error.code !== "EMFILE") throw error; }
  };
  const seen = [[reserve.check(), reserve.isWhole]];
  take();
  seen.push([reserve.check(), reserve.isWhole]);
  take();
  seen.push([reserve.check(), reserve.isWhole]);
  for (const fd of others.splice(0, 10)) closeSync(fd);
  seen.push([reserve.check(), reserve.isWhole]);
  for (const fd of others.splice(0, 20)) closeSync(fd);
  seen.push([reserve.check(), reserve.isWhole]);
  for (const fd of others.splice(0)) closeSync(fd);
  console.log(JSON.stringify(seen));
`;

test("the reserve makes room once, is not taken again before there is enough, and then is whole", async () => {
  const limited = `ulimit -n 100; exec "$0" -e "$1"`;
  const child = Bun.spawnSync(["bash", "-c", limited, process.execPath, PROGRAM], { cwd: ROOT });
  expect(child.stderr.toString()).toBe("");
  expect(JSON.parse(child.stdout.toString())).toEqual([
    [true, true],
    [true, false],
    [false, false],
    [true, false],
    [true, true],
  ]);
});
