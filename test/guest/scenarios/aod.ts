// The executable on this kernel: signals, exit codes, doctor, check, demo, and its count of requests compared with the
// kernel's own.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { release } from "node:os";
import { AOD } from "../daemon.ts";
import { BPF_BUILD, BPF_FINDING, OPTIONAL_HOOKS, REQUEST_HOOKS } from "../kernel.ts";
import { mountPoint, statsOf, treeOf } from "../mount.ts";
import { finish, Provoker, run } from "../process.ts";
import type { Scenario } from "../scenario.ts";

const RULE = `
guardian:
  anomalies:
    slow_io:
      type: Latency
      acceptable_count: 1000
      default_threshold_ms: 10000
      emergency_threshold_ms: 20000
`;

/** The operations of /proc/fs/cifs/Stats by their names in requests.csv. */
const OPERATIONS = { Reads: "SMB2_READ", Writes: "SMB2_WRITE", Flushes: "SMB2_FLUSH" } as const;

/** No libbpf, no libelf, no shell, no HOME. */
const BARE_ROOT = `
root=/run/bare
mkdir -p $root
mount -t tmpfs -o mode=0755 tmpfs $root
mkdir -p $root/bin $root/dev $root/lib64 $root/lib/x86_64-linux-gnu $root/proc $root/sys $root/tmp
cp ${AOD} $root/bin/aod
cp /lib64/ld-linux-x86-64.so.2 $root/lib64/
for library in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2; do
  cp /lib/x86_64-linux-gnu/$library $root/lib/x86_64-linux-gnu/
done
for folder in dev proc sys; do mount --rbind /$folder $root/$folder; done
mount -t tmpfs -o noexec,nosuid,nodev tmpfs $root/tmp
mount -o remount,ro $root
env -i /usr/sbin/chroot $root /bin/aod --version
env -i /usr/sbin/chroot $root /bin/aod doctor | grep -E '^${BPF_FINDING}$'
`;

export const aodScenarios: readonly Scenario[] = [
  {
    name: "signals: SIGUSR1 captures, SIGHUP does not kill, SIGTERM ends it",
    mounts: ["plain"],
    config: RULE,
    async run({ aod }) {
      const { manifest } = await aod.manualCapture();
      assert.equal(manifest.trigger, "manual");
      assert.equal(manifest.rule, "manual");
      // The default actions; this guest has no journal.
      assert.deepEqual(manifest.actions.map(({ name, status }) => `${name} ${status}`).toSorted(), [
        "debugdata ok",
        "dmesg ok",
        "journalctl missing",
        "pressure ok",
        "sockets ok",
        "stats ok",
      ]);
      aod.signal("SIGHUP");
      await Bun.sleep(1_000);
      assert.ok(aod.alive, "alive after SIGHUP");
      await aod.manualCapture();
      await aod.stop();
    },
  },
  {
    name: "signals: a second aod on the same folder ends with 69 and names the first",
    config: RULE,
    async run({ aod }) {
      const second = await finish([AOD, "run", "--config", aod.configFile]);
      assert.equal(second.exitCode, 69);
      assert.match(second.stdout + second.stderr, new RegExp(`\\b${aod.pid}\\b`));
      assert.ok(aod.alive, "the first continues");
    },
  },
  {
    name: "parity: requests.csv has as many requests of a share as the kernel counted",
    mounts: ["plain"],
    config: RULE,
    async run({ aod }) {
      const { treeId } = treeOf("plain");
      const before = statsOf("plain");
      const provoker = await Provoker.start("direct-io", `${mountPoint("plain")}/data`, 4, 25);
      provoker.go();
      await provoker.done();
      const after = statsOf("plain");
      const { rows, manifest } = await aod.manualCapture();
      for (const [operation, command] of Object.entries(OPERATIONS)) {
        const recorded = rows.filter(
          (row) => row.command === command && row.treeId === treeId && row.state === "done",
        );
        assert.equal(recorded.length, (after[operation] ?? 0) - (before[operation] ?? 0), operation);
      }
      assert.deepEqual(
        Object.entries(manifest.losses).filter(([, count]) => count !== 0),
        [],
        "nothing was lost",
      );
    },
  },
  {
    name: "doctor: the programs load, every tracepoint is there, the journal's tool is not",
    mounts: ["plain"],
    async run() {
      const { exitCode, stdout } = await finish([AOD, "doctor"]);
      assert.equal(exitCode, 0, stdout);
      assert.ok(stdout.includes(release()), "names the kernel");
      assert.match(stdout, new RegExp(`^${BPF_FINDING}$`, "m"));
      // Tracepoints of newer kernels are named, and none is missing that this kernel has.
      const lacks = /^-- +tracepoints .* lacks (.*)$/m.exec(stdout)?.[1] ?? "";
      const missing = lacks.split(", ").map((hook) => hook.replace(/ \(ENOENT\)$/, ""));
      assert.match(stdout, /^(ok|--) +tracepoints /m);
      assert.deepEqual(
        missing.filter((hook) => [...REQUEST_HOOKS, ...OPTIONAL_HOOKS].includes(hook)),
        [],
      );
      assert.match(stdout, /^!! +tools .*journalctl/m);
    },
  },
  {
    name: "check: a good file ends with 0, a bad one with 78 and the place of each error",
    async run() {
      writeFileSync("/tmp/good.yaml", RULE);
      assert.equal((await finish([AOD, "check", "--config", "/tmp/good.yaml"])).exitCode, 0);
      writeFileSync("/tmp/bad.yaml", `${RULE}      default_treshold_ms: 3\nwatch_interval_sec: 0\n`);
      const bad = await finish([AOD, "check", "--config", "/tmp/bad.yaml"]);
      assert.equal(bad.exitCode, 78);
      assert.match(
        bad.stdout + bad.stderr,
        /\/tmp\/bad\.yaml:9:\d+: .*default_treshold_ms.*default_threshold_ms/,
      );
      assert.match(bad.stdout + bad.stderr, /\/tmp\/bad\.yaml:10:\d+: watch_interval_sec/);
    },
  },
  {
    name: "demo: the executable alone in a read-only file system with glibc and nothing else, and a noexec /tmp",
    async run() {
      await run("unshare", "--mount", "--propagation", "private", "sh", "-euc", BARE_ROOT);
    },
  },
  {
    name: "demo: the programs run in this kernel",
    async run() {
      const demo = await finish([AOD, "demo"], {
        timeoutMs: 240_000,
        cwd: "/var/tmp",
        env: { AOD_REQUIRE_BPF: "1" },
      });
      const said = `${demo.stdout}\n${demo.stderr}`;
      assert.equal(demo.exitCode, 0, said);
      assert.ok(demo.stdout.includes(`Linux ${release()}, BPF yes (${BPF_BUILD} build)`), said);
      for (const trouble of ["spike", "errors", "hang", "capture"]) {
        assert.match(demo.stdout, new RegExp(`^${trouble} `, "m"));
      }
    },
  },
];
