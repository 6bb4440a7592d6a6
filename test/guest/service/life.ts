// The life of the service: it starts, waits, watches, reloads, is killed, hangs, fails for good, as systemd sees it.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mount, mountPoint } from "../mount.ts";
import { FILESERVER1 } from "../network.ts";
import { finish, Provoker, run, waitFor } from "../process.ts";
import { withStoppedServer } from "../server.ts";
import type { ServiceScenario } from "./main.ts";
import {
  CONFIG,
  capture,
  isAttached,
  journal,
  mainPid,
  manualCapture,
  SLOW_RULE,
  saysStatus,
  show,
  start,
  statuses,
} from "./service.ts";

const SHORT_WATCHDOG = "[Service]\nWatchdogSec=6\n";

export const lifeScenarios: readonly ServiceScenario[] = [
  {
    name: "life: without cifs it is started and waits; a mount attaches it, a capture has everything, it stops",
    async run() {
      assert.ok(!existsSync("/sys/module/cifs"), "cifs is not loaded yet");
      await start(SLOW_RULE);
      assert.equal(await show("ActiveState"), "active");
      await saysStatus(/^waiting for the kernel module cifs.*; 1 rule; no open incidents$/);
      await mount("plain");
      await isAttached();
      const found = await manualCapture();
      assert.deepEqual(statuses(found), {
        debugdata: "ok",
        dmesg: "ok",
        journalctl: "ok",
        pressure: "ok",
        sockets: "ok",
        stats: "ok",
      });
      assert.match(found.log("journalctl"), /waiting for the kernel module cifs/);
      assert.ok(found.log("sockets").includes(`${FILESERVER1.address}:445`));
      assert.doesNotMatch(await journal(), /the kernel log can't be read/, "the unit has /dev/kmsg");
      await run("systemctl", "stop", "aod");
      assert.equal(await show("Result"), "success");
    },
  },
  {
    name: "life: an incident is in the status while it is open, and continues after kill -9",
    async run() {
      await mount("plain");
      await start(`${SLOW_RULE}  resolve_after_sec: 600\n`);
      await isAttached();
      const provoker = await Provoker.start("direct-read", `${mountPoint("plain")}/data`);
      await withStoppedServer(async () => {
        provoker.go();
        await saysStatus(/1 open incident: slow_io on \/\/fileserver1\/alpha since /);
        assert.equal((await capture(1)).manifest.kind, "hung");
      });
      await provoker.done();
      const before = await mainPid();
      process.kill(before, "SIGKILL");
      await waitFor("systemd to start it again", async () => ![0, before].includes(await mainPid()));
      await saysStatus(/^watching .*1 open incident: slow_io/);
      assert.equal(await show("NRestarts"), "1");
      assert.match(await journal(), /incidents of the last run are still open open=1/);
    },
  },
  {
    name: "life: a reload applies a valid file without detaching from the kernel, and refuses an invalid one",
    async run() {
      await mount("plain");
      await start(SLOW_RULE);
      await isAttached();
      const pid = await mainPid();
      const links = linksOf(pid);
      assert.ok(links.length > 3, "attached");

      writeFileSync(CONFIG, `${SLOW_RULE}    stuck: {type: Stuck}\n`);
      await run("systemctl", "reload", "aod");
      await saysStatus(/; 2 rules; /);

      writeFileSync(CONFIG, `${SLOW_RULE}    stuck: {type: Stick}\nwatch: 1\n`);
      const bad = await finish(["systemctl", "reload", "aod"]);
      assert.notEqual(bad.exitCode, 0, "systemctl says that it failed");
      assert.equal(await show("ActiveState"), "active");
      const lines = await journal();
      assert.match(lines, /\/etc\/aod\.yaml:9:\d+: guardian\.anomalies\.stuck\.type: /);
      assert.match(lines, /\/etc\/aod\.yaml:10:1: watch: /);
      await saysStatus(/; 2 rules; no open incidents$/);

      // This bypasses `aod check`, like a signal that a user sends.
      await run("systemctl", "kill", "--kill-whom=main", "--signal=HUP", "aod");
      await saysStatus(/; 2 rules; .*the last reload was refused: \/etc\/aod\.yaml: 2 errors$/);
      assert.equal(await show("ActiveState"), "active");
      assert.equal(await mainPid(), pid);
      assert.deepEqual(linksOf(pid), links, "the same links to the kernel, all the time");
    },
  },
  {
    name: "life: the watchdog notices a daemon that hangs, and systemd restarts it",
    async run() {
      await start(SLOW_RULE, { "watchdog.conf": SHORT_WATCHDOG });
      const pid = await mainPid();
      // It stays alive as long as it answers.
      await Bun.sleep(12_000);
      assert.equal(await mainPid(), pid);
      process.kill(pid, "SIGSTOP");
      await waitFor("systemd to start it again", async () => ![0, pid].includes(await mainPid()));
      await saysStatus(/^(waiting|watching|no cifs mount)/);
      assert.match(await journal(), /Watchdog timeout/);
    },
  },
  {
    name: "life: an invalid configuration ends aod with 78, and systemd does not restart it",
    async run() {
      await assert.rejects(start("guardian: [\n"));
      assert.equal(await show("ExecMainStatus"), "78");
      await Bun.sleep(5_000);
      assert.equal(await show("ActiveState"), "failed");
      assert.equal(await show("NRestarts"), "0");
      assert.match(await show("StatusText"), /\/etc\/aod\.yaml: \d errors?/);
    },
  },
];

/** The ids of its links to tracepoints, from the kernel. */
function linksOf(pid: number): string[] {
  const fds = [...new Bun.Glob("*").scanSync({ cwd: `/proc/${pid}/fdinfo`, onlyFiles: false })];
  const texts = fds.map((fd) => textOf(`/proc/${pid}/fdinfo/${fd}`));
  return texts.flatMap((text) => /^link_id:\s*(\d+)/m.exec(text)?.[1] ?? []).toSorted();
}

/** Empty for a descriptor that was closed since the listing. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ENOENT");
    return "";
  }
}
