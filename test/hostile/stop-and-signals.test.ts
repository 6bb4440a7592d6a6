// A storm of signals, and a stop in the middle of work: the daemon answers during the storm, and stops in time without
// leaving an incomplete capture.

import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon, sendRequests } from "./hostile-daemon.ts";

const SIGNALS = 1000;
const partials = (aod: HostileDaemon) =>
  readdirSync(join(aod.folder, "batches")).filter((name) => !name.endsWith(".tar.zst"));

describeHostile("a thousand SIGUSR1 and a thousand SIGHUP", () => {
  const aod = new HostileDaemon();

  test("cause a few captures and reloads; status answers meanwhile, and aod stops in time", async () => {
    await aod.start().says("ready");
    let statuses = 0;
    let isStorm = true;
    const asking = (async () => {
      while (isStorm) {
        await aod.status();
        statuses++;
      }
    })();
    for (let i = 0; i < SIGNALS; i++) {
      aod.signal("SIGUSR1");
      aod.signal("SIGHUP");
      // Equal signals that are pending for one process are merged, so each gets time to be delivered.
      await Bun.sleep(1);
    }
    isStorm = false;
    await asking;
    expect(statuses).toBeGreaterThan(0);
    const { tookMs } = await aod.detect();
    const { refused } = await aod.status();
    expect(refused.reload_signals).toBeGreaterThan(SIGNALS / 10);
    expect(refused.snapshot_signals).toBeGreaterThan(SIGNALS / 10);
    expect(aod.log).toMatch(/SIGUSR1 arrived faster .* count=\d+/);
    expect(aod.log).toMatch(/SIGHUP arrived faster .* count=\d+/);
    expect(aod.log).not.toContain("is started again");
    recordFault({
      fault: "1,000 SIGUSR1 and 1,000 SIGHUP within seconds",
      reaction:
        "makes one capture and one reload at a time, and one more for all later signals; status answers",
      lost: {
        "signals that repeat others": (refused.reload_signals ?? 0) + (refused.snapshot_signals ?? 0),
      },
      normalAfterMs: tookMs,
    });

    for (let i = 0; i < 100; i++) {
      aod.signal("SIGUSR1");
      aod.signal("SIGHUP");
    }
    const askedMs = performance.now();
    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
    expect(partials(aod)).toEqual([]);
    recordFault({
      fault: "SIGTERM in a storm of signals",
      reaction: "ends, and leaves no unfinished capture",
      lost: {},
      normalAfterMs: performance.now() - askedMs,
    });
  });
});

describeHostile("SIGTERM while a capture is being made", () => {
  // The search for secrets in this text would take the thread that makes captures a minute.
  const text = `for (1 .. 4000) { print 'x' x 200, ' password', ' ' x 200, 'token: ', '-' x 100, "\\n" }`;
  const aod = new HostileDaemon(
    `custom_actions:\n  noise: { command: [/usr/bin/perl, -e, ${JSON.stringify(text)}], max_mb: 8 }\n` +
      "watcher: { actions: [noise, dmesg] }\n",
  );

  test("ends aod in time, and no unfinished capture is left behind", async () => {
    let slowestMs = 0;
    for (const afterMs of [0, 20, 60, 150, 400]) {
      await aod.start().says("waiting for the kernel module");
      await sendRequests(aod.pid, 4, 20_000);
      await Bun.sleep(afterMs);
      const askedMs = performance.now();
      aod.signal("SIGTERM");
      expect(await aod.ended()).toBe(0);
      slowestMs = Math.max(slowestMs, performance.now() - askedMs);
      expect(partials(aod)).toEqual([]);
      aod.log = "";
    }
    recordFault({
      fault: "SIGTERM while a capture is being made and its texts are searched for secrets",
      reaction: "finishes the capture if it can in 3.5 s, otherwise drops all of it; ends",
      lost: {},
      normalAfterMs: slowestMs,
    });
  });
});
