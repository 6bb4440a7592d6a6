// `aod demo` as root, after another user has prepared /tmp.

import { expect, test } from "bun:test";
import { chmodSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile } from "./hostile-daemon.ts";

describeHostile("the demo's folder", () => {
  test.each([
    ["a link to a folder of root", (path: string, victim: string) => symlinkSync(victim, path)],
    [
      "a folder that every user may write in, with a link in it",
      (path: string, victim: string) => {
        mkdirSync(path);
        chmodSync(path, 0o777);
        symlinkSync(victim, join(path, "batches"));
      },
    ],
    ["a file", (path: string) => writeFileSync(path, "")],
  ])("is one that it owns where its usual name is taken by %s", async (what, take) => {
    const [parent, victim] = [tempDir(), tempDir()];
    const usual = join(parent, "aod-demo");
    take(usual, victim);
    const before = lstatSync(usual).ino;
    const begunMs = performance.now();
    const { exitCode, stdout } = await run([EXECUTABLE, "demo"], parent, { TMPDIR: parent });
    expect(stdout).toContain("captures: aod-demo-");
    // 70: on a loaded host the demo's healthy traffic may trip a rule, which this test does not judge.
    expect([0, 70]).toContain(exitCode);
    expect(readdirSync(victim)).toEqual([]);
    expect(lstatSync(usual).ino).toBe(before);
    const own = readdirSync(parent).filter((name) => name.startsWith("aod-demo-"));
    expect(own).toHaveLength(1);
    expect(lstatSync(join(parent, own[0] ?? "")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(parent, own[0] ?? "", "batches")).length).toBeGreaterThan(0);
    const reaction = "creates a folder of its own, follows no link";
    const fault = `the demo finds ${what} at its usual place`;
    recordFault({ fault, reaction, lost: {}, normalAfterMs: performance.now() - begunMs });
  });
});
