// A healthy day: everything that a healthy mount does, with rules in their widest mode, and no incident. Latency
// thresholds are those of the shipped configuration, scaled to an emulated machine; a single error would be too many.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { connectionInstance, isInFlight, mount, mountPoint, unmount } from "../mount.ts";
import { FILESERVER1 } from "../network.ts";
import { finish, Provoker, run, waitFor } from "../process.ts";
import type { Scenario } from "../scenario.ts";
import { killConnections } from "../server.ts";

const LOCK = 10; // MS-SMB2 2.2.1.2
const CHANGE_NOTIFY = 15;

const WIDE_AWAKE = `
watch_interval_sec: 1
guardian:
  anomalies:
    slow_io:
      type: Latency
      mode: all
      acceptable_count: 10
      default_threshold_ms: 200
      emergency_threshold_ms: 20000
    errors:
      type: Error
      mode: all
      acceptable_count: 1
    error_rate:
      type: Error
      acceptable_percent: 1
      min_requests: 20
    stuck:
      type: Stuck
      threshold_ms: 15000
    signals:
      type: Signal
      acceptable_count: 1
`;

export const quietScenarios: readonly Scenario[] = [
  {
    name: "quiet: a healthy day makes no incident",
    config: WIDE_AWAKE,
    async run({ aod }) {
      // Once a minute Samba closes connections without an open file that were idle for a minute.
      await mount("idle");
      readdirSync(mountPoint("idle"));

      for (const name of ["plain", "cacheNone", "seal"] as const) await mount(name);
      const waiting = await waitByDesign();
      for (let turn = 0; turn < 3; turn++) {
        await useShare(mountPoint("plain"));
        await unmount("plain");
        await mount("plain");
        await run("mount", "-o", "remount,actimeo=2", mountPoint("plain"));
      }
      await useShare(mountPoint("cacheNone"));

      await waitFor(
        "Samba to end the idle connection",
        () => connectionInstance(FILESERVER1.secondAddress) !== 1,
        150_000,
      );
      readdirSync(mountPoint("idle"));
      assert.equal(
        connectionInstance(FILESERVER1.secondAddress),
        2,
        "the idle mount was connected anew, once",
      );
      assert.ok(isInFlight(CHANGE_NOTIFY, waiting.notify.pid), "CHANGE_NOTIFY still waits");
      assert.ok(isInFlight(LOCK, waiting.lock.pid), "LOCK still waits");

      // A restarted server: connection and session are re-established without trouble.
      await killConnections(FILESERVER1.secondAddress);
      await waitFor("the connection to be lost", () => connectionInstance(FILESERVER1.secondAddress) > 2);
      readdirSync(mountPoint("idle"));

      assert.deepEqual(aod.captures, [], "a healthy day makes no capture");
      assert.doesNotMatch(aod.log, /incident opened/);
      const { rows } = await aod.manualCapture();
      const seen = new Set(rows.map((row) => row.command));
      for (const command of ["SMB2_NEGOTIATE", "SMB2_SESSION_SETUP", "SMB2_QUERY_DIRECTORY", "SMB2_READ"]) {
        assert.ok(seen.has(command), `aod was awake and saw ${command}`);
      }
    },
  },
];

/** Two processes whose requests rightly get no reply for hours. */
async function waitByDesign(): Promise<{ notify: Provoker; lock: Provoker }> {
  const folder = mountPoint("cacheNone");
  const notify = await Provoker.start("notify", `${folder}/many`);
  notify.go();
  const holder = await Provoker.start("lock", `${mountPoint("seal")}/lock`);
  holder.go();
  assert.deepEqual(await holder.said(), { locked: true });
  const lock = await Provoker.start("lock", `${folder}/lock`);
  lock.go();
  await waitFor("CHANGE_NOTIFY to wait", () => isInFlight(CHANGE_NOTIFY, notify.pid));
  await waitFor("LOCK to wait", () => isInFlight(LOCK, lock.pid));
  return { notify, lock };
}

async function useShare(folder: string): Promise<void> {
  assert.equal(readdirSync(`${folder}/many`).length, 500);
  await run("ls", "-lR", folder);
  const { stderr } = await finish([
    "find",
    ...Array.from({ length: 50 }, (_, number) => `${folder}/no-${number}`),
  ]);
  assert.match(stderr, /No such file/);
  const reader = await Provoker.start("read-end", `${folder}/data`, 3);
  reader.go();
  await reader.done();
  await run("dd", "if=/dev/zero", `of=${folder}/written`, "bs=64k", "count=8", "conv=fsync");
  await run("rm", `${folder}/written`);
  await run("df", folder);
}
