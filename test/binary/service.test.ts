// dist/aod as systemd starts it: its messages to $NOTIFY_SOCKET from its start to its end. It needs a kernel that lets
// it load BPF programs, and nothing of cifs.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon } from "../helpers/daemon.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { makeUnixReceiver } from "../helpers/unix-receiver.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const { stdout: verdict } = await run([EXECUTABLE, "doctor"], tempDir());
const isRefused = !/^ok {2}BPF programs/m.test(verdict) && process.env.AOD_REQUIRE_BPF !== "1";

const socket = join(tempDir(), "notify");
const receiver = makeUnixReceiver(socket);
const told: string[] = [];
afterAll(() => receiver.close());

/** Waits for this message, and discards the earlier ones. */
async function isTold(text: string): Promise<string> {
  await waitUntil(() => {
    for (let next = receiver.take(); next !== undefined; next = receiver.take()) told.push(next);
    return told.some((one) => one.includes(text));
  });
  const at = told.findIndex((one) => one.includes(text));
  return told.splice(0, at + 1).at(-1) ?? "";
}

describe.skipIf(isRefused)("the service (needs a kernel that lets it load BPF programs)", () => {
  const aod = new Daemon();
  const rules = "guardian: {anomalies: {slow: {type: Latency, acceptable_count: 10}}}\n";

  beforeAll(() => aod.start({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: "1500000" }).says("ready"));

  test("is ready when it watches or waits, and says in words which", async () => {
    const ready = await isTold("READY=1");
    expect(ready).toMatch(
      /^READY=1\nSTATUS=(waiting for the kernel module cifs|watching every SMB request).*; 1 rule; no open incidents/,
    );
  });

  test("sends its watchdog message while all its threads answer", async () => {
    expect(await isTold("WATCHDOG=1")).toBe("WATCHDOG=1\n");
    await isTold("WATCHDOG=1");
  });

  test("reports a reload, and that a file with mistakes changed nothing", async () => {
    writeFileSync(aod.config, `aod_output_dir: ${aod.folder}\n${rules}a: 1\n`);
    aod.signal("SIGHUP");
    expect(await isTold("RELOADING=1")).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+\n$/);
    expect(await isTold("READY=1")).toContain(`1 error`);
    await aod.says(`${aod.config}:3:1: a: unknown key`);
    await aod.says("the running configuration stays in force");
  });

  test("reports that a file is valid again", async () => {
    writeFileSync(
      aod.config,
      `aod_output_dir: ${aod.folder}\n${rules.replace("}}}", "}, b: {type: Stuck}}}")}`,
    );
    aod.signal("SIGHUP");
    await isTold("RELOADING=1");
    const ready = await isTold("READY=1");
    expect(ready).toContain("; 2 rules; ");
    expect(ready).not.toContain("refused");
  });

  test("reports its end", async () => {
    aod.signal("SIGTERM");
    expect(await isTold("STOPPING=1")).toBe("STOPPING=1\nSTATUS=stopping\n");
    expect(await aod.ended()).toBe(0);
  });

  test("that can't start reports why", async () => {
    const next = new Daemon(aod.folder);
    writeFileSync(next.config, "guardian: [\n");
    expect(await next.start({ NOTIFY_SOCKET: socket }).ended()).toBe(78);
    expect(await isTold("STATUS=")).toMatch(/^STATUS=.*aod\.yaml: \d+ errors?\n$/);
  });
});
