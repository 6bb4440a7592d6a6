// No file descriptor is free: the limit of the running daemon is set to its number of open ones. It detects, captures,
// answers, restarts a failed thread, and reports the shortage.

import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { waitUntil } from "../helpers/wait-until.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

/** The lowest free descriptor number is used first: below this one none is free. */
function fillTo(pid: number): number {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let lowest = 0;
  while (open.has(lowest)) lowest++;
  return lowest;
}

function limitDescriptors(pid: number, soft: number | "unlimited"): void {
  const { exitCode, stderr } = Bun.spawnSync(["prlimit", `--pid=${pid}`, `--nofile=${soft}:`]);
  if (exitCode !== 0) throw new Error(`prlimit: ${stderr.toString()}`);
}

describeHostile("a daemon without a free file descriptor", () => {
  const aod = new HostileDaemon();

  test("detects and captures, and reports the shortage and its end", async () => {
    await aod.start().says("ready");
    await aod.detect();
    const limit = fillTo(aod.pid);
    limitDescriptors(aod.pid, limit);

    const { tookMs } = await aod.detect();
    const trouble = async () => (await aod.status()).troubles.find(({ subject }) => subject === "resources");
    expect(await trouble()).toMatchObject({ text: expect.stringContaining("EMFILE"), over_at: null });
    expect(aod.log).toContain("EMFILE");
    expect((await aod.ask("doctor", "--config", aod.config)).stdout).toContain("EMFILE");
    const { losses } = await aod.status();

    limitDescriptors(aod.pid, 4096);
    for (let one = await trouble(); one?.over_at === null; one = await trouble()) await Bun.sleep(500);
    await aod.detect();
    expect(aod.log).not.toContain("is started again");
    recordFault({
      fault: "no file descriptor is free (EMFILE)",
      reaction: "releases 128 descriptors of its reserve, continues, and reports the limit that is too low",
      lost: { "steps retried or left out": losses.no_descriptors ?? 0 },
      normalAfterMs: tookMs,
    });
  });
});

describeHostile("a daemon without a free file descriptor and without a reserve", () => {
  const aod = new HostileDaemon();

  test("survives, and detects and captures again as soon as descriptors are free", async () => {
    await aod.start().says("ready");
    await aod.detect();
    // So few that the reserve is used up as well.
    limitDescriptors(aod.pid, 8);
    for (let i = 0; i < 3; i++) {
      await Promise.race([aod.detect().catch(() => undefined), Bun.sleep(3000)]);
      aod.signal("SIGUSR1");
      aod.signal("SIGHUP");
    }
    expect(aod.isRunning).toBe(true);
    limitDescriptors(aod.pid, 4096);
    const { tookMs } = await aod.detect();
    await waitUntil(() => aod.log.includes("EMFILE"));
    const { losses } = await aod.status();
    expect(losses.no_descriptors).toBeGreaterThan(0);
    recordFault({
      fault: "no file descriptor is free, nor of those in reserve",
      reaction:
        "stays alive, retries captures for 5 s, counts the steps that it left out; captures again when there are descriptors",
      lost: { "steps retried or left out": losses.no_descriptors ?? 0 },
      normalAfterMs: tookMs,
    });
  });
});
