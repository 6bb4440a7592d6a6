// dist/aod as a daemon, from its start to its end: signals, exit codes, exclusive use of its folder. It needs a kernel
// that lets it load BPF programs, and nothing of cifs.

import { beforeAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { decodeEntries, encodeEntry } from "../../src/history/entry.ts";
import { foldIncidents } from "../../src/history/fold.ts";
import { Daemon, RULES } from "../helpers/daemon.ts";
import { anIncident } from "../helpers/incident.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const { stdout: verdict } = await run([EXECUTABLE, "doctor"], tempDir());
const isRefused = !/^ok {2}BPF programs/m.test(verdict) && process.env.AOD_REQUIRE_BPF !== "1";
const CAPTURE = /^aod_\d{8}T\d{6}\.\d{3}Z_manual(-\d+)?\.tar\.zst$/;

/** Ports on which a process listens, by the inodes of its sockets. */
function listeningSockets(pid: number): string[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`));
  const inodes = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  return ["tcp", "tcp6"]
    .map((name) => `/proc/${pid}/net/${name}`)
    .filter((path) => existsSync(path))
    .flatMap((path) => readFileSync(path, "utf8").split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === "0A" && inodes.has(inode))
    .map(([, address]) => address as string);
}

/** Empty for a descriptor that was closed between the listing and now: a sweep opens folders for a moment. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe("ENOENT");
    return "";
  }
}

describe.skipIf(isRefused)("the daemon (needs a kernel that lets it load BPF programs)", () => {
  const aod = new Daemon();

  beforeAll(() => aod.start().says("ready"));

  test("reports that it waits for cifs if the module is not loaded", async () => {
    if (existsSync("/sys/module/cifs")) await aod.says("watching every SMB request");
    else await aod.says("waiting for the kernel module cifs");
  });

  test("keeps a second daemon out of its folder, which names the first one", async () => {
    const second = new Daemon(aod.folder).start();
    expect(await second.ended()).toBe(69);
    expect(second.log).toContain(`pid ${aod.pid}`);
  });

  test("makes a private capture on SIGUSR1, and opens no port", async () => {
    aod.signal("SIGUSR1");
    await aod.says("captured");
    const [name = ""] = aod.captures();
    expect(name).toMatch(CAPTURE);
    expect(statSync(join(aod.folder, "batches", name)).mode & 0o777).toBe(0o600);
    expect(statSync(join(aod.folder, "batches")).mode & 0o777).toBe(0o700);
    expect(listeningSockets(aod.pid)).toEqual([]);
  });

  test("survives SIGHUP, also with a file that has become invalid", async () => {
    aod.signal("SIGHUP");
    await aod.says("configuration applied");
    writeFileSync(aod.config, "guardian: [\n");
    aod.signal("SIGHUP");
    await aod.says("the running configuration stays in force");
    expect(aod.isRunning).toBe(true);
  });

  test("ends cleanly on SIGTERM, and leaves nothing unfinished", async () => {
    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
    expect(aod.captures().filter((name) => !CAPTURE.test(name))).toEqual([]);
  });

  test("ends cleanly on SIGINT while a capture is being made, and the folder is free again", async () => {
    const next = new Daemon(aod.folder).start();
    await next.says("ready");
    next.signal("SIGUSR1");
    next.signal("SIGINT");
    expect(await next.ended()).toBe(0);
    expect(next.captures().filter((name) => !CAPTURE.test(name))).toEqual([]);
  });

  test("continues the incident of an earlier run, and records its end", async () => {
    const next = new Daemon(aod.folder);
    const quiet = RULES.replace("guardian:", "guardian:\n  resolve_after_sec: 0.1");
    writeFileSync(next.config, `aod_output_dir: ${aod.folder}\n${quiet}`);
    const history = join(aod.folder, "incidents.jsonl");
    appendFileSync(history, encodeEntry({ event: "opened", incident: anIncident() }, Date.now()));
    await next.start().says("incident resolved");
    next.signal("SIGTERM");
    expect(await next.ended()).toBe(0);
    expect(next.log).toContain("incidents of the last run are still open open=1");
    const entries = decodeEntries(readFileSync(history, "utf8"));
    expect(foldIncidents(entries).map(({ incident }) => incident.state)).toEqual(["resolved"]);
    const events = entries.map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(["configured", "collected", "opened", "resolved"]));
    expect(statSync(history).mode & 0o777).toBe(0o600);
  });

  test("that was killed leaves no lock behind", async () => {
    const killed = new Daemon(aod.folder).start();
    await killed.says("ready");
    killed.signal("SIGKILL");
    await killed.ended();
    const next = new Daemon(aod.folder).start();
    await next.says("ready");
    next.signal("SIGTERM");
    expect(await next.ended()).toBe(0);
  });
});

describe("exit codes", () => {
  const wrong = join(tempDir(), "wrong.yaml");
  writeFileSync(
    wrong,
    "guardian:\n  anomalies:\n    a: { type: Latency, acceptable_count: 0 }\n    b: { type: Nothing }\n",
  );

  test.each([
    ["64 for an option that does not exist", ["run", "--nonsense"], 64, "--nonsense"],
    ["64 for a verb that does not exist", ["frobnicate"], 64, "frobnicate"],
    [
      "66 for a configuration that does not exist",
      ["check", "--config", "/nowhere/aod.yaml"],
      66,
      "/nowhere/aod.yaml",
    ],
    ["78 for a wrong configuration, with every mistake", ["check", "--config", wrong], 78, `${wrong}:3:`],
    ["78 for the daemon as well", ["--config", wrong], 78, `${wrong}:4:`],
  ] as const)("%s", async (_, argv, exitCode, text) => {
    const ended = await run([EXECUTABLE, ...argv], tempDir());
    expect(ended.stdout + ended.stderr).toContain(text);
    expect(ended.exitCode).toBe(exitCode);
  });

  test("73 for a path that can't be an output folder", async () => {
    const folder = tempDir();
    const config = join(folder, "aod.yaml");
    writeFileSync(config, `aod_output_dir: /proc/aod\n${RULES}`);
    expect((await run([EXECUTABLE, "--config", config], folder)).exitCode).toBe(73);
  });

  test("77 for a user who may not load BPF programs", async () => {
    const folder = tempDir();
    const copy = join(folder, "aod");
    const config = join(folder, "aod.yaml");
    copyFileSync(EXECUTABLE, copy);
    writeFileSync(config, `aod_output_dir: ${folder}/out\n${RULES}`);
    for (const path of [folder, copy, config]) chmodSync(path, 0o777);
    const unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const ended = await run(
      [...(process.getuid?.() === 0 ? unprivileged : []), copy, "--config", config],
      folder,
    );
    expect(ended).toMatchObject({ exitCode: 77, stderr: expect.stringContaining("EPERM") });
  });
});
