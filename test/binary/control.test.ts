// dist/aod asked over its control socket: status, snapshot, and the messages if no daemon answers.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { statusSchema } from "../../src/api/status.ts";
import { readCapture } from "../../src/capture/reader.ts";
import { Daemon } from "../helpers/daemon.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const folder = tempDir();

function aod(socket: string, ...argv: readonly string[]) {
  return run([EXECUTABLE, ...argv], folder, { AOD_SOCKET: socket });
}

describe("a running aod", () => {
  const daemon = new Daemon();
  const second = new Daemon();
  const third = new Daemon(daemon.folder);

  test("reports its status, on one screen or as a document that fits the schema", async () => {
    await daemon.start().says("ready");
    const shown = await aod(daemon.socket, "status");
    expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
    expect(shown.stdout).toContain(`pid ${daemon.pid}, `);
    expect(shown.stdout).toContain("lost      nothing");
    expect(shown.stdout.trimEnd().split("\n").length).toBeLessThan(24);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no escape sequence where there is no terminal
    expect(shown.stdout).not.toMatch(/\u001b/);
    const { stdout } = await aod(daemon.socket, "status", "--json");
    const status = v.parse(statusSchema, JSON.parse(stdout));
    expect(status.daemon).toMatchObject({
      pid: daemon.pid,
      output_dir: daemon.folder,
      config_file: daemon.config,
    });
    expect(status.cost.kernel_map_bytes).toBeGreaterThan(4 * 2 ** 20);
  });

  test("makes a capture, prints only its path, and stores the reason", async () => {
    const { exitCode, stdout, stderr } = await aod(daemon.socket, "snapshot", "--reason", "it is slow");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const path = stdout.trimEnd();
    expect(path).toBe(join(daemon.folder, "batches", daemon.captures().at(-1) ?? ""));
    expect(readCapture(path).manifest).toMatchObject({ trigger: "manual", reason: "it is slow" });
    const told = JSON.parse((await aod(daemon.socket, "snapshot", "--json")).stdout);
    expect(told).toMatchObject({ type: "captured", verdict: { cause: "unknown" } });
    const { stdout: document } = await aod(daemon.socket, "status", "--json");
    const { last_captures } = JSON.parse(document);
    expect(last_captures.map(({ name }: { name: string }) => name)).toEqual(daemon.captures().toReversed());
  });

  test("keeps its socket while another daemon starts, which works without a socket", async () => {
    await second.start({ AOD_SOCKET: daemon.socket }).says("ready");
    expect(second.log).toContain("no control socket: another aod uses it");
    const { stdout } = await aod(daemon.socket, "status", "--json");
    expect(JSON.parse(stdout).daemon.pid).toBe(daemon.pid);
    second.signal("SIGTERM");
    expect(await second.ended()).toBe(0);
    expect(existsSync(daemon.socket)).toBe(true);
  });

  test("that hangs makes every command time out", async () => {
    daemon.signal("SIGSTOP");
    const asked = [["status"], ["top", "--once"], ["top", "--json", "--once"]] as const;
    const [doctor, ...ended] = await Promise.all([
      aod(daemon.socket, "doctor", "--config", daemon.config),
      ...asked.map((argv) => aod(daemon.socket, ...argv)),
    ]);
    daemon.signal("SIGCONT");
    for (const { exitCode, stdout, stderr } of ended) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 69, stdout: "" });
      expect(stderr).toContain(`no answer from ${daemon.socket} within 10 s (see journalctl -u aod`);
    }
    expect(doctor.stdout).toContain(`running, pid ${daemon.pid}, and it does not answer`);
    expect(await aod(daemon.socket, "status")).toMatchObject({ exitCode: 0 });
  }, 60_000);

  test("that was killed leaves a socket behind, which the next daemon replaces", async () => {
    daemon.signal("SIGKILL");
    await daemon.ended();
    expect(existsSync(daemon.socket)).toBe(true);
    const dead = await aod(daemon.socket, "status");
    expect(dead).toMatchObject({ exitCode: 69, stdout: "" });
    expect(dead.stderr).toContain("systemctl enable --now aod");
    await third.start({ AOD_SOCKET: daemon.socket }).says("ready");
    const { stdout } = await aod(daemon.socket, "status", "--json");
    expect(JSON.parse(stdout).daemon.pid).toBe(third.pid);
    third.signal("SIGTERM");
    expect(await third.ended()).toBe(0);
    expect(existsSync(daemon.socket)).toBe(false);
    expect(Number(readFileSync(`${daemon.socket}.lock`, "utf8"))).toBe(third.pid);
  });
});

describe("a command that asks", () => {
  const noDaemon = join(folder, "aod.sock");

  test.each([
    [
      "ends with 69 if no daemon answers",
      ["status"],
      noDaemon,
      69,
      "aod is not running; start it: systemctl enable --now aod",
    ],
    ["ends with 69 if no daemon can make a capture", ["snapshot"], noDaemon, 69, "aod is not running"],
    ["ends with 64 for an invalid path of the socket", ["status"], "relative.sock", 64, "AOD_SOCKET"],
    [
      "ends with 64 for a reason that is too long",
      ["snapshot", "--reason", "x".repeat(257)],
      noDaemon,
      64,
      "256 characters",
    ],
  ] as const)("gets %s", async (_, argv, socket, exitCode, words) => {
    const ended = await aod(socket, ...argv);
    expect(ended).toMatchObject({ exitCode, stdout: "" });
    expect(ended.stderr).toContain(words);
  });
});
