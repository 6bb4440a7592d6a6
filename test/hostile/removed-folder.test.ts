// The output folder, its parts and the control socket are removed or replaced under a running daemon.

import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  lchownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { tempDir } from "../helpers/temp-dir.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

/** Asks until the condition is true; the test's own deadline ends the wait otherwise. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(100);
}

describeHostile("a daemon whose files are taken away", () => {
  const daemon = new HostileDaemon();
  const { folder } = daemon;
  const batches = join(folder, "batches");
  const elsewhere = tempDir();

  beforeAll(async () => {
    daemon.start();
    await daemon.says("ready");
    await daemon.detect();
  });

  /** Waits until the status reports this about the folder. */
  const saysOfFolder = async (text: string, isOver: boolean) => {
    const { troubles } = await daemon.status();
    const trouble = troubles.find(({ subject }) => subject === "output_folder");
    expect(trouble?.text).toContain(text);
    expect(trouble?.over_at !== null).toBe(isOver);
  };

  test.each([
    ["batches/", () => rmSync(batches, { recursive: true })],
    ["everything in it", () => Bun.spawnSync(["sh", "-c", `rm -rf ${folder}/*`])],
    ["all of it", () => rmSync(folder, { recursive: true })],
  ])("captures on after the output folder lost %s, and status has said so", async (what, harm) => {
    harm();
    await saysOfFolder("removed or replaced", true);
    const { tookMs } = await daemon.detect();
    expect(statSync(batches).mode & 0o777).toBe(0o700);
    const fault = `the output folder loses ${what} while aod runs`;
    const reaction =
      "created again with mode 0700 and locked again; reported in status, doctor, metrics and log";
    recordFault({ fault, reaction, lost: { "captures stored in it": 1 }, normalAfterMs: tookMs });
  });

  test("writes the capture that finds the folder removed, before any status is asked", async () => {
    rmSync(folder, { recursive: true });
    const { tookMs } = await daemon.detect();
    await saysOfFolder("removed or replaced", true);
    expect(readdirSync(folder).sort()).toContain("aod.lock");
    const reaction = "the affected capture creates the folder again and is written";
    const fault = "the output folder is removed right before an incident";
    recordFault({ fault, reaction, lost: { captures: 0 }, normalAfterMs: tookMs });
  });

  test.each([
    [
      "a link in the place of batches/",
      () => {
        rmSync(batches, { recursive: true });
        symlinkSync(elsewhere, batches);
        return () => rmSync(batches);
      },
    ],
    [
      "a link in its own place",
      () => {
        renameSync(folder, `${folder}.away`);
        symlinkSync(elsewhere, folder);
        return () => {
          rmSync(folder);
          renameSync(`${folder}.away`, folder);
        };
      },
    ],
    [
      "a file in its place",
      () => {
        renameSync(folder, `${folder}.away`);
        writeFileSync(folder, "");
        return () => {
          rmSync(folder);
          renameSync(`${folder}.away`, folder);
        };
      },
    ],
    [
      "a folder of another user",
      () => {
        lchownSync(batches, 12345, 12345);
        return () => lchownSync(batches, 0, 0);
      },
    ],
  ])("refuses %s, writes nothing elsewhere, and captures as soon as it is put right", async (what, harm) => {
    const putRight = harm();
    await saysOfFolder("no capture can be written", false);
    const { stdout } = await daemon.ask("status");
    expect(stdout).toContain("trouble");
    const doctor = await daemon.ask("doctor", "--config", daemon.config);
    expect(doctor.stdout).toContain("output folder: no capture can be written");
    expect(readdirSync(elsewhere)).toEqual([]);
    putRight();
    const { tookMs } = await daemon.detect();
    await until(async () => (await daemon.status()).troubles.every(({ over_at }) => over_at !== null));
    const fault = `${what} while aod runs`;
    recordFault({
      fault: `the output folder is replaced: ${fault}`,
      reaction: "refused and reported until it is repaired; nothing is written elsewhere",
      lost: { "captures while it lasted": 0 },
      normalAfterMs: tookMs,
    });
  });

  test("follows a file system that is mounted over the folder, and its removal", async () => {
    const { exitCode } = Bun.spawnSync([
      "mount",
      "-t",
      "tmpfs",
      "-o",
      "size=256m,mode=700",
      "aod-test",
      folder,
    ]);
    expect(exitCode).toBe(0);
    try {
      await saysOfFolder("removed or replaced", true);
      const { name } = await daemon.detect();
      expect(readdirSync(batches)).toContain(name);
    } finally {
      Bun.spawnSync(["umount", "--lazy", folder]);
    }
    const { name, tookMs } = await daemon.detect();
    expect(readdirSync(batches)).toContain(name);
    const fault = "another file system is mounted over the output folder";
    const reaction = "captures go into the folder that its path names; reported";
    recordFault({ fault, reaction, lost: { captures: 0 }, normalAfterMs: tookMs });
  });

  test("creates its control socket again, and answers", async () => {
    const begunMs = performance.now();
    rmSync(dirname(daemon.socket), { recursive: true });
    await until(async () => (await daemon.ask("status", "--json")).exitCode === 0);
    const normalAfterMs = performance.now() - begunMs;
    const { troubles } = await daemon.status();
    expect(troubles).toContainEqual(expect.objectContaining({ subject: "control_socket" }));
    await daemon.detect();
    const fault = "the control socket is removed with its folder";
    recordFault({ fault, reaction: "created again within 10 s; reported", lost: {}, normalAfterMs });
  });

  test("restarts the history when it was removed, and reports a trouble if a folder takes its place", async () => {
    const history = join(folder, "incidents.jsonl");
    rmSync(history, { force: true });
    await daemon.detect();
    expect(statSync(history).isFile()).toBe(true);
    rmSync(history);
    mkdirSync(history);
    await daemon.detect();
    expect((await daemon.status()).troubles).toContainEqual(
      expect.objectContaining({ subject: "history", over_at: null }),
    );
    rmSync(history, { recursive: true });
    const { tookMs } = await daemon.detect();
    await until(async () =>
      (await daemon.status()).troubles.every(
        ({ subject, over_at }) => subject !== "history" || over_at !== null,
      ),
    );
    const fault = "the history of incidents is removed, or replaced by a folder";
    const reaction = "restarted with the open incidents; reported while it can't be written";
    recordFault({ fault, reaction, lost: {}, normalAfterMs: tookMs });
  });

  afterAll(() => rmSync(`${folder}.away`, { recursive: true, force: true }));
});
