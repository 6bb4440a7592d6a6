import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { descendantsOf, killTree } from "../../src/system/descendants.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** Gone, or dead and not yet collected. */
function isDead(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

test("a tree ends with the members of its process group that have lost their parents", async () => {
  // The inner shell ends, and its sleep becomes a child of another process.
  const script = "(sleep 60 & echo $!); sleep 60 & echo $!; wait";
  const child = Bun.spawn(["/bin/sh", "-c", script], { detached: true, stdout: "pipe", stdin: "ignore" });
  let text = "";
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk);
    if (text.split("\n").length > 2) break;
  }
  const [orphan = 0, below = 0] = text.split("\n").map(Number);
  await waitUntil(() => descendantsOf(child.pid).includes(below));
  expect(descendantsOf(child.pid)).not.toContain(orphan);
  killTree(child.pid);
  await child.exited;
  await waitUntil(() => isDead(orphan) && isDead(below));
});
