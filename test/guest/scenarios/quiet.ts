// A healthy day: everything that a healthy mount does, with rules in their widest mode, and no incident. Latency
// thresholds are those of the shipped configuration, scaled to an emulated machine; a single error would be too many.
// And a long one with the shipped configuration itself, which only `make e2e-full` plays.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { AOD } from "../daemon.ts";
import { connectionInstance, isInFlight, type MountName, mount, mountPoint, unmount } from "../mount.ts";
import { FILESERVER1 } from "../network.ts";
import { finish, Provoker, run, waitFor } from "../process.ts";
import type { Scenario } from "../scenario.ts";
import { killConnections } from "../server.ts";

/** config/aod.yaml, as run.sh has put it into the guest. */
const SHIPPED_CONFIG = "/payload/aod.yaml";
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

/** Mounts of the long quiet scenario: with and without cache, encrypted, and on the disk that can be slow. */
const BUSY = ["plain", "cacheNone", "seal", "slowDisk"] as const satisfies readonly MountName[];
/** Longer than a step of it takes on an emulated machine that is starved. */
const STEP_SEC = 240;

/**
 * Mixed work for so many minutes, with the rules that aod comes with and nothing set for them.
 * @param minutes 0: there is no such scenario.
 */
export function longQuietScenarios(minutes: number): readonly Scenario[] {
  if (!(minutes > 0)) return [];
  return [
    {
      name: `quiet: ${minutes} minutes of mixed work make no incident with the rules that aod comes with`,
      async run(daemons) {
        // The first requests of a boot are slow, which is no trouble.
        for (const name of BUSY) {
          await mount(name);
          await mixedWork(mountPoint(name));
        }
        const aod = daemons.start(readFileSync(SHIPPED_CONFIG, "utf8").replace(/^aod_output_dir:.*$/m, ""));
        await aod.attached();
        await waitByDesign();
        const incidents = () => aod.log.split("\n").filter((line) => line.includes("incident opened"));
        const turns = await workFor(minutes, () => {
          assert.ok(aod.alive, "aod is alive");
          assert.deepEqual(incidents(), []);
        });
        const { requests, losses } = await requestsSeen();
        await Bun.write(
          "/run/results/quiet.json",
          `${JSON.stringify({ kernel: release(), minutes, turns, requests, losses, captures: aod.captures }, null, 2)}\n`,
        );
        assert.deepEqual(incidents(), []);
        assert.deepEqual(aod.captures, []);
        assert.doesNotMatch(aod.log, /thread failed/);
        assert.deepEqual(losses, {});
        assert.ok(requests > turns * BUSY.length, `aod saw ${requests} requests of ${turns} turns`);
      },
    },
  ];
}

/** Works on all mounts at once, again and again, with a check behind each turn. @returns how often. */
async function workFor(minutes: number, check: () => void): Promise<number> {
  const beganMs = performance.now();
  let saidMinutes = 0;
  for (let turn = 1; ; turn++) {
    await Promise.all(BUSY.map((name) => mixedWork(mountPoint(name))));
    check();
    if (turn % 5 === 0) {
      await unmount("plain");
      await mount("plain");
      await run("mount", "-o", "remount,actimeo=2", mountPoint("plain"));
    }
    await Bun.sleep((turn % 4) * 1000);
    const workedMinutes = (performance.now() - beganMs) / 60_000;
    if (workedMinutes >= minutes) return turn;
    if (Math.floor(workedMinutes) === saidMinutes) continue;
    saidMinutes = Math.floor(workedMinutes);
    // The host takes a guest that says nothing for minutes for dead.
    process.stdout.write(`#   ${saidMinutes} minutes, ${turn} turns\n`);
  }
}

/**
 * What people do: lists, names that are not there, reads, writes that reach the disk, small files, a rename, a delete.
 */
async function mixedWork(folder: string): Promise<void> {
  const steps = [
    `ls -l ${folder}/many | tail -1`,
    `find ${folder}/none-1 ${folder}/none-2`,
    `cat ${folder}/data`,
    `dd if=/dev/zero of=${folder}/written bs=64k count=8 conv=fsync status=none`,
    `mkdir ${folder}/build; for i in 1 2 3 4 5 6 7 8; do echo $i >${folder}/build/$i; done; cat ${folder}/build/*; rm -r ${folder}/build`,
    `mv ${folder}/written ${folder}/moved; rm ${folder}/moved`,
    `df ${folder}`,
  ];
  for (const step of steps)
    await finish(["sh", "-c", `{ ${step}; } >/dev/null 2>&1`], { timeoutMs: STEP_SEC * 1000 });
}

async function requestsSeen(): Promise<{ requests: number; losses: Record<string, number> }> {
  const status = JSON.parse(await run(AOD, "status", "--json")) as {
    readonly shares: readonly { readonly requests_total: number | null }[];
    readonly losses: Readonly<Record<string, number>>;
  };
  const requests = status.shares.reduce((sum, row) => sum + (row.requests_total ?? 0), 0);
  return {
    requests,
    losses: Object.fromEntries(Object.entries(status.losses).filter(([, count]) => count > 0)),
  };
}

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
