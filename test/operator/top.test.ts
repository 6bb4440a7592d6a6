// `aod top` of dist/aod in a terminal: the screen, the keys, and that the terminal is restored afterwards.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { liveSchema } from "../../src/api/live.ts";
import { describeBpf } from "../helpers/bpf.ts";
import { EXECUTABLE, ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TmuxTerminal } from "../helpers/tmux.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const AS_BEFORE = { alternate: false, cursor: true, wrap: true };
/** Keeps top from asking a daemon of this machine. */
const NOWHERE = { AOD_SOCKET: "/nowhere/aod.sock" };

const terminal = new TmuxTerminal();

/** @returns the output of stty -g before the start. */
async function openTop(columns = 80, rows = 24, environment: Readonly<Record<string, string>> = NOWHERE) {
  await terminal.open(columns, rows, { LC_ALL: "C.UTF-8", ...environment });
  const before = await terminal.output("stty -g");
  terminal.run(`clear; ${EXECUTABLE} top; echo "ended"" $?"`);
  // A text that the typed command does not contain.
  await terminal.shows("INCIDENTS");
  return before;
}

/** Expects the shell, and the terminal as it was before. */
async function expectAsBefore(stty: string): Promise<void> {
  expect(terminal.modes()).toEqual(AS_BEFORE);
  expect(await terminal.output("stty -g")).toBe(stty);
}

describeBpf("aod top without a daemon", () => {
  test("says that there is no daemon, fills the screen, and lists the keys", async () => {
    await openTop();
    await terminal.shows("no daemon: attached by aod top; no captures are made");
    await terminal.shows("waiting for a mount");
    expect(terminal.lines().length).toBe(24);
    expect(terminal.lines().at(-1)).toStartWith("q quit");
    expect(terminal.modes()).toEqual({ alternate: true, cursor: false, wrap: false });
  });

  test("quits by q, and restores the terminal", async () => {
    const stty = await openTop();
    terminal.press("q");
    await terminal.shows("ended 0");
    expect(terminal.screen()).not.toContain("LATENCY");
    await expectAsBefore(stty);
  });

  test.each(["C-c"])("quits by %s too", async (key) => {
    const stty = await openTop();
    terminal.press(key);
    await terminal.shows("ended 0");
    await expectAsBefore(stty);
  });

  test.each(["TERM", "INT", "HUP"])("ends on SIG%s, and restores the terminal", async (signal) => {
    const stty = await openTop();
    expect((await run(["pkill", `-${signal}`, "-P", `${terminal.shellPid}`, "aod"], "/")).exitCode).toBe(0);
    await terminal.shows("ended 0");
    await expectAsBefore(stty);
  });

  test("stops by Ctrl-Z, restores the terminal, and continues by fg", async () => {
    const stty = await openTop();
    terminal.press("C-z");
    await terminal.shows("Stopped");
    await expectAsBefore(stty);
    terminal.run("fg");
    await terminal.shows("LATENCY");
    expect(terminal.modes().alternate).toBe(true);
    terminal.press("q");
    await terminal.shows(/\nready>\s*$/);
    await expectAsBefore(stty);
  });

  test("follows the size of the terminal, up to 200x50 and down to one that is too small", async () => {
    await openTop();
    terminal.resize(200, 50);
    await terminal.shows(/SHARE.*LATENCY/);
    expect(terminal.lines().length).toBe(50);
    terminal.resize(40, 10);
    await terminal.shows("40x10 is too small");
    terminal.resize(80, 24);
    await terminal.shows(/\nSHARE command process/);
  });

  test("shows the help, and leaves it", async () => {
    await openTop();
    terminal.press("?");
    await terminal.shows("pause and resume");
    terminal.press("Escape");
    await terminal.shows("INCIDENTS");
  });

  test("draws in ASCII without a UTF-8 locale, and without colours with NO_COLOR", async () => {
    await openTop(80, 24, { ...NOWHERE, LC_ALL: "C", NO_COLOR: "1" });
    expect(terminal.screen()).toMatch(/^[\n -~]*$/);
    expect(terminal.screen(true)).toContain("\u001b[1m");
    expect(terminal.screen(true).split("\u001b[").join(" ESC ")).not.toMatch(/ ESC (\d+;)*3[0-7]m/);
  });

  test("prints one screen of text without a terminal", async () => {
    const { exitCode, stdout } = await run([EXECUTABLE, "top"], tempDir(), {
      ...NOWHERE,
      COLUMNS: "100",
      LINES: "30",
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^aod top .*INCIDENTS/s);
    expect(stdout).not.toContain("\u001b");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("prints one document with --json --once", async () => {
    const { exitCode, stdout } = await run([EXECUTABLE, "top", "--json", "--once"], tempDir(), NOWHERE);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      state: existsSync("/sys/module/cifs") ? "watching" : "waiting",
    });
  });
});

describeBpf("aod top of a daemon", () => {
  const socket = join(tempDir(), "aod.sock");
  let daemon: Bun.Subprocess<"pipe", "pipe", "inherit">;
  const ask = { AOD_SOCKET: socket };

  beforeAll(async () => {
    const argv = [process.execPath, join(ROOT, "test/fixtures/top-daemon.ts"), socket];
    daemon = Bun.spawn(argv, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    for await (const bytes of daemon.stdout) if (bytes.length > 0) break;
  });
  afterAll(() => daemon?.kill("SIGKILL"));

  test("shows the shares, the requests in flight and the incident", async () => {
    await openTop(80, 24, ask);
    await terminal.shows(/watching .* every 1 s/);
    await terminal.shows(/\n {2}\/\/files\S+\/db +[\d,]+ .*\n {2}\/\/files\S+\/home/);
    await terminal.shows(/IN FLIGHT \d/);
    await terminal.shows(/ (NEW|hangs) .* hung .*slow-repli/);
    expect(terminal.screen()).not.toContain("no daemon");
  });

  test("shows ages that grow", async () => {
    await openTop(80, 24, ask);
    const age = () => Number(/ ([\d.]+) (?:s|min) +WRITE/.exec(terminal.screen())?.[1]);
    await waitUntil(() => age() > 0);
    const first = age();
    await waitUntil(() => age() !== first);
  });

  test("shows rows of commands and of processes, sorts them, and shows the requests in flight of one row", async () => {
    await openTop(120, 30, ask);
    terminal.press("c");
    await terminal.shows(/SMB2_READ .*\n(.*\n)* {2}SMB2_CREATE/);
    terminal.press(">", ">", ">", ">");
    await terminal.shows("▾MAX");
    terminal.press("s", "End");
    await terminal.shows(/▸ \S+/);
    await terminal.shows(/IN FLIGHT \d+ of \/\/files/);
    terminal.press("p");
    await terminal.shows(/share command PROCESS/);
  });

  test("pauses and resumes", async () => {
    await openTop(80, 24, ask);
    terminal.press("Space");
    await terminal.shows("PAUSED");
    const held = terminal.screen();
    await Bun.sleep(1500);
    expect(terminal.screen()).toBe(held);
    terminal.press("Space");
    await waitUntil(() => !terminal.screen().includes("PAUSED"));
  });

  test("changes the interval by + and -", async () => {
    await openTop(80, 24, ask);
    terminal.press("+", "+", "+");
    await terminal.shows("every 100 ms");
    terminal.press("-");
    await terminal.shows("every 200 ms");
  });

  test("streams documents that fit the schema", async () => {
    const child = Bun.spawn([EXECUTABLE, "top", "--json", "--every", "0.1"], {
      env: ask,
      stdout: "pipe",
    });
    let text = "";
    for await (const bytes of child.stdout) {
      text += new TextDecoder().decode(bytes);
      if (text.split("\n").length > 3) break;
    }
    child.kill("SIGTERM");
    const documents = text
      .split("\n")
      .slice(0, 3)
      .map((line) => v.parse(liveSchema, JSON.parse(line)));
    expect(documents.map(({ at }) => at)).toEqual(documents.map(({ at }) => at).toSorted());
    expect(documents[0]?.groups.share.map(({ key }) => key)).toContain("//files.example.com/db");
  });

  test("ends with the daemon, says so, and restores the terminal", async () => {
    const stty = await openTop(80, 24, ask);
    daemon.stdin.end();
    await terminal.shows(/aod has ended.*\n/);
    await terminal.shows("ended 69");
    await expectAsBefore(stty);
  });
});
