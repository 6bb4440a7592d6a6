// The unit's sandbox: programs of captures have no more rights than aod; a setting that the sandbox forbids is reported
// with its drop-in, and the drop-ins of the package allow it.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import type { Capture } from "../capture.ts";
import { MOUNTS, mount, mountPoint, optionsOf } from "../mount.ts";
import { FILESERVER1 } from "../network.ts";
import { finish, Provoker, run } from "../process.ts";
import { withStoppedServer } from "../server.ts";
import type { ServiceScenario } from "./main.ts";
import {
  CONFIG,
  capture,
  isAttached,
  journal,
  mainPid,
  manualCapture,
  reasonOf,
  SLOW_RULE,
  saysStatus,
  shippedDropIns,
  show,
  start,
  statuses,
} from "./service.ts";

/** Tries to get out, and prints the result of each attempt. */
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

/** Sockets that lead to root, as the host sees them; engines that are not installed have a stand-in. */
const DOORS = [
  "/run/dbus/system_bus_socket",
  "/run/systemd/private",
  "/run/docker.sock",
  "/run/containerd/containerd.sock",
  "/run/podman/podman.sock",
  "/var/lib/incus/unix.socket",
];

/** Connects to each of these sockets, and tries to trace, read and signal other processes. */
const DOOR_PROBE = `
watcher: {actions: [doors]}
custom_actions:
  doors:
    command:
      - /usr/bin/python3
      - -c
      - |
        import ctypes, os, socket
        def say(name, act):
            try:
                act()
                print(name, "works")
            except OSError as error:
                print(name, "refused", error.strerror)
        def connect(path):
            with socket.socket(socket.AF_UNIX) as one:
                one.connect(path)
        for path in ${JSON.stringify(DOORS)}:
            say(path, lambda: connect(path))
        libc = ctypes.CDLL(None, use_errno=True)
        def call(*words):
            if libc.syscall(*words) < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        # x86-64: ptrace(PTRACE_SEIZE), process_vm_readv with no bytes.
        say("ptrace", lambda: call(101, 0x4206, 1, 0, 0))
        say("process_vm_readv", lambda: call(310, 1, 0, 0, 0, 0, 0))
        print("run", *sorted(os.listdir("/run")))
`;

/** More than the unit may have. */
const GLUTTON = `
watcher: {actions: [glutton]}
custom_actions:
  glutton:
    command: [/usr/bin/python3, -c, "held = b'x' * (2 << 30)"]
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
    name: "sandbox: no socket that leads to root is reachable, and no other process can be traced",
    async run() {
      const stopListening = await listenAt(DOORS.filter((path) => !existsSync(path)));
      try {
        await start(SLOW_RULE + DOOR_PROBE);
        const found = await manualCapture();
        const text = found.log("doors");
        for (const what of [...DOORS, "ptrace", "process_vm_readv"])
          assert.match(text, new RegExp(`^${RegExp.escape(what)} refused`, "m"), text);
        assert.match(text, /^run aod (log )?systemd$/m, text);
        // The journal and the watchdog's socket stay open.
        await saysStatus(/./);
        assert.match(await journal(), /captured/);
      } finally {
        stopListening();
      }
    },
  },
  {
    name: "sandbox: a program of a capture that the kernel ends for its memory leaves the service running",
    async run() {
      await start(SLOW_RULE + GLUTTON);
      const pid = await mainPid();
      const found = await manualCapture();
      assert.deepEqual(statuses(found), { ...statuses(found), glutton: "failed" });
      assert.equal(await mainPid(), pid);
      assert.equal(await show("ActiveState"), "active");
      assert.equal(await show("OOMPolicy"), "continue");
      const again = await manualCapture();
      assert.notEqual(again.name, found.name);
    },
  },
  {
    name: "sandbox: an output folder elsewhere prevents the start, and journal and doctor say what to do",
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
        debugdata: "ok",
        inflight: "ok",
        pcap: "missing",
        pressure: "ok",
        sockets: "ok",
      });
      assert.match(reasonOf(found, "pcap"), /drop-in pcap\.conf/);
      assert.match(found.log("inflight"), /kernel stacks: aod may not read them .*kernel-stacks\.conf/);
      assert.match(reasonOf(found, "sockets"), /^without the sockets of net:\[\d+\] .*kernel-stacks\.conf/);
      assert.ok(found.log("sockets").includes(`${FILESERVER1.address}:445`));
    },
  },
  {
    name: "sandbox: the shipped drop-ins allow all of it, and doctor has no finding",
    async run() {
      mkdirSync("/srv/aod", { mode: 0o700 });
      const config = `aod_output_dir: /srv/aod\n${WANTS}`;
      const { found, pid } = await captureOfHung(config, shippedDropIns(), "/srv/aod");
      assert.deepEqual(statuses(found), {
        debugdata: "ok",
        inflight: "ok",
        pcap: "ok",
        pressure: "ok",
        sockets: "ok",
      });
      assert.match(found.log("inflight"), new RegExp(`^stack of ${pid}\n\\[<0>\\] `, "m"));
      assert.equal(reasonOf(found, "sockets"), "");
      assert.match(
        found.log("sockets"),
        new RegExp(`^==> net:\\[\\d+\\] \\(pid ${pid}\\), sample 1 <==$`, "m"),
      );
      const doctor = await finish(["/usr/bin/aod", "doctor", "--config", CONFIG]);
      assert.match(doctor.stdout, /^ok {2}service +its sandbox allows all that the configuration needs$/m);
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

/** Starts a server at each of these paths, like an engine. @returns a function that ends them. */
async function listenAt(paths: readonly string[]): Promise<() => void> {
  const program = `
import os, socket, sys, time
held = []
for path in sys.argv[1:]:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    one = socket.socket(socket.AF_UNIX)
    one.bind(path)
    one.listen()
    held.append(one)
print("ready", flush=True)
time.sleep(1e6)
`;
  const argv = ["python3", "-c", program, ...paths];
  const server = Bun.spawn(argv, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const { done } = await server.stdout.getReader().read();
  assert.equal(done, false, "no server at the sockets of container engines");
  return () => {
    server.kill();
    for (const path of paths) rmSync(path, { force: true });
  };
}

/** Figures for docs/service.md: the peak of the service, its programs included. */
async function sayPeaks(): Promise<void> {
  const folder = `/sys/fs/cgroup${await show("ControlGroup")}`;
  const figures = ["memory.peak", "memory.current", "pids.peak", "pids.current"].map((name) => {
    try {
      return `${name} ${readFileSync(`${folder}/${name}`, "utf8").trim()}`;
    } catch {
      // This kernel does not have it.
      return `${name} unknown`;
    }
  });
  process.stdout.write(`# ${figures.join(", ")}\n`);
}
