import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { yieldToOthers } from "../../src/system/priority.ts";

test("a process group, and what it starts, yields to everything else", async () => {
  const child = Bun.spawn(["/bin/sh", "-c", "read go; cat /proc/self/stat /proc/self/oom_score_adj"], {
    detached: true,
    stdin: "pipe",
    stdout: "pipe",
  });
  expect(yieldToOthers(child.pid)).toBe(true);
  // proc_pid_stat(5): nice is the 19th field; comm has no blank here.
  expect(readFileSync(`/proc/${child.pid}/stat`, "utf8").split(" ")[18]).toBe("10");
  child.stdin.write("\n");
  child.stdin.end();
  const [stat = "", oom] = (await new Response(child.stdout).text()).split("\n");
  expect([stat.split(" ")[18], oom]).toEqual(["10", "500"]);
  await child.exited;
});

test("a group that has ended is no error", () => {
  expect(yieldToOthers(2 ** 22 + 1)).toBe(false);
});
