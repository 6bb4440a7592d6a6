// The unit's sandbox: what aod does not have no program of a capture has either; what a configuration wants and does not get
// is said with the drop-in, and the drop-ins that are shipped give it.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import type { Capture } from "../capture.ts";
import { MOUNTS, mount, mountPoint, optionsOf } from "../mount.ts";
import { finish, Provoker, run } from "../process.ts";
import { withStoppedServer } from "../server.ts";
import type { ServiceScenario } from "./main.ts";
import {
  CONFIG,
  capture,
  isAttached,
  journal,
  manualCapture,
  reasonOf,
  SLOW_RULE,
  saysStatus,
  shippedDropIns,
  show,
  start,
  statuses,
} from "./service.ts";

/** Tries to get out, and says of each attempt whether it was one. */
const PROBE = `
watcher: {actions: [probe]}
custom_actions:
  probe:
    command:
      - /bin/sh
      - -c
      - |
        grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status
        try() { name=$1; shift; if "$@" >/dev/null 2>&1; then echo "$name works"; else echo "$name refused"; fi; }
        try etc touch /etc/aod-was-here
        try home ls /home/mine
        try mount mount -t tmpfs none /mnt
        try namespace unshare --net true
        try user setpriv --reuid=1 true
        try network python3 -c 'import socket; socket.socket(socket.AF_INET)'
        try module modprobe dummy
        try own touch /var/lib/aod/mine
`;

const WANTS = SLOW_RULE.replace(
  "      type: Latency\n",
  "      type: Latency\n      actions: [inflight, pcap, sockets]\n",
);

export const sandboxScenarios: readonly ServiceScenario[] = [
  {
    name: "sandbox: no program of a capture can get what aod does not have",
    async run() {
      mkdirSync("/home/mine", { recursive: true });
      await start(SLOW_RULE + PROBE);
      const found = await manualCapture();
      const text = found.log("probe");
      // DAC_READ_SEARCH, SYS_PTRACE, SYSLOG, PERFMON, BPF.
      assert.match(text, /^CapEff:\s+000000c400080004\nCapBnd:\s+000000c400080004$/m);
      assert.match(text, /^NoNewPrivs:\s+1\nSeccomp:\s+2$/m);
      for (const what of ["etc", "home", "mount", "namespace", "user", "network", "module"])
        assert.match(text, new RegExp(`^${what} refused$`, "m"));
      assert.match(text, /^own works$/m);
      await sayPeaks();
    },
  },
  {
    name: "sandbox: an output folder elsewhere keeps it from starting, with what to do in the journal and by doctor",
    async run() {
      await assert.rejects(start(`aod_output_dir: /srv/aod\n${WANTS}`));
      assert.equal(await show("ExecMainStatus"), "73");
      const said = await journal();
      assert.match(said, /output-folder\.conf with="\[Service\]\\nReadWritePaths=\/srv\/aod"/);
      assert.match(said, /kernel-stacks\.conf/);
      const doctor = await finish(["/usr/bin/aod", "doctor", "--config", CONFIG]);
      assert.equal(doctor.exitCode, 73, doctor.stdout);
      for (const line of [
        "ReadWritePaths=/srv/aod",
        "CapabilityBoundingSet=CAP_SYS_ADMIN",
        "RestrictAddressFamilies=AF_PACKET",
      ])
        assert.ok(doctor.stdout.includes(`  ${line}\n`), doctor.stdout);
    },
  },
  {
    name: "sandbox: a capture says what it could not collect, and which drop-in allows it",
    async run() {
      const { found } = await captureOfHung(WANTS, {});
      assert.deepEqual(statuses(found), {
        ...{ debugdata: "ok", inflight: "ok", pcap: "missing", pressure: "ok", sockets: "ok" },
      });
      assert.match(reasonOf(found, "pcap"), /drop-in pcap\.conf/);
      assert.match(found.log("inflight"), /kernel stacks: aod may not read them .*kernel-stacks\.conf/);
      assert.match(reasonOf(found, "sockets"), /^without the sockets of net:\[\d+\] .*kernel-stacks\.conf/);
      assert.match(found.log("sockets"), /127\.0\.0\.1:445/);
    },
  },
  {
    name: "sandbox: the shipped drop-ins give all of it, and doctor is content",
    async run() {
      mkdirSync("/srv/aod", { mode: 0o700 });
      const config = `aod_output_dir: /srv/aod\n${WANTS}`;
      const { found, pid } = await captureOfHung(config, shippedDropIns(), "/srv/aod");
      assert.deepEqual(statuses(found), {
        ...{ debugdata: "ok", inflight: "ok", pcap: "ok", pressure: "ok", sockets: "ok" },
      });
      assert.match(found.log("inflight"), new RegExp(`^stack of ${pid}\n\\[<0>\\] `, "m"));
      assert.equal(reasonOf(found, "sockets"), "");
      assert.match(
        found.log("sockets"),
        new RegExp(`^==> net:\\[\\d+\\] \\(pid ${pid}\\), sample 1 <==$`, "m"),
      );
      const doctor = await finish(["/usr/bin/aod", "doctor", "--config", CONFIG]);
      assert.match(doctor.stdout, /^ok {2}service +its sandbox allows all that the configuration wants$/m);
      await sayPeaks();
    },
  },
  {
    name: "sandbox: a share below /home, which the service can't see, wakes it and has its mount point",
    async run() {
      await start(SLOW_RULE);
      mkdirSync("/home/mine/share", { recursive: true });
      const where = [MOUNTS.plain.source, "/home/mine/share"];
      await run("mount", "-t", "cifs", ...where, "-o", optionsOf("plain"));
      await isAttached();
      const provoker = await Provoker.start("direct-read", "/home/mine/share/data");
      await withStoppedServer(async () => {
        provoker.go();
        const { manifest } = await capture(1);
        assert.deepEqual(manifest.attribution?.mount_points, ["/home/mine/share"]);
      });
      await provoker.done();
    },
  },
];

/** A capture of a read that hangs, by a process in a network namespace of its own. */
async function captureOfHung(
  config: string,
  dropIns: Readonly<Record<string, string>>,
  outputDir?: string,
): Promise<{ readonly found: Capture; readonly pid: number }> {
  await mount("plain");
  await start(config, dropIns);
  await saysStatus(/^watching every SMB request/);
  const container = ["unshare", "--net"];
  const provoker = await Provoker.startIn(container, "direct-read", `${mountPoint("plain")}/data`);
  const found = await withStoppedServer(() => {
    provoker.go();
    return capture(1, outputDir);
  });
  await provoker.done();
  return { found, pid: provoker.pid };
}

/** Figures for docs/service.md: what the service took at most, its programs included. */
async function sayPeaks(): Promise<void> {
  const folder = `/sys/fs/cgroup${await show("ControlGroup")}`;
  const figures = ["memory.peak", "memory.current", "pids.peak", "pids.current"].map((name) => {
    try {
      return `${name} ${readFileSync(`${folder}/${name}`, "utf8").trim()}`;
    } catch {
      // Not of this kernel.
      return `${name} unknown`;
    }
  });
  process.stdout.write(`# ${figures.join(", ")}\n`);
}
