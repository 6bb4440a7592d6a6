// `aod top` of dist/aod as somebody at a terminal has it: what is on the screen, what keys do, and that the terminal is
// afterwards what it was before.

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
/** No daemon of this machine's is asked. */
const NOWHERE = { AOD_SOCKET: "/nowhere/aod.sock" };

const terminal = new TmuxTerminal();

/** @returns what stty -g said before. */
async function openTop(columns = 80, rows = 24, environment: Readonly<Record<string, string>> = NOWHERE) {
  await terminal.open(columns, rows, { LC_ALL: "C.UTF-8", ...environment });
  const before = await terminal.output("stty -g");
  terminal.run(`clear; ${EXECUTABLE} top; echo "ended"" $?"`);
  // Not in what was typed.
  await terminal.shows("INCIDENTS");
  return before;
}

/** The shell is there again, and nothing of the terminal has changed. */
async function expectAsBefore(stty: string): Promise<void> {
  expect(terminal.modes()).toEqual(AS_BEFORE);
  expect(await terminal.output("stty -g")).toBe(stty);
}

describeBpf("aod top without a daemon", () => {
  test("says so, fills the screen, and says what can be typed", async () => {
    await openTop();
    await terminal.shows("no daemon: attached by aod top; no captures are made");
    await terminal.shows("waiting for a mount");
    expect(terminal.lines().length).toBe(24);
    expect(terminal.lines().at(-1)).toStartWith("q quit");
    expect(terminal.modes()).toEqual({ alternate: true, cursor: false, wrap: false });
  });

  test("is quit by q, and the terminal is as it was", async () => {
    const stty = await openTop();
    terminal.press("q");
    await terminal.shows("ended 0");
    expect(terminal.screen()).not.toContain("LATENCY");
    await expectAsBefore(stty);
  });

  test.each(["C-c"])("is quit by %s as well", async (key) => {
    const stty = await openTop();
    terminal.press(key);
    await terminal.shows("ended 0");
    await expectAsBefore(stty);
  });

  test.each(["TERM", "INT", "HUP"])("ends on SIG%s, and the terminal is as it was", async (signal) => {
    const stty = await openTop();
    expect((await run(["pkill", `-${signal}`, "-P", `${terminal.shellPid}`, "aod"], "/")).exitCode).toBe(0);
    await terminal.shows("ended 0");
    await expectAsBefore(stty);
  });

  test("stops by Ctrl-Z with the terminal as it was, and comes back", async () => {
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

  test("follows the size of the terminal, to 200x50 and down to what is too small", async () => {
    await openTop();
    terminal.resize(200, 50);
    await terminal.shows(/SHARE.*LATENCY/);
    expect(terminal.lines().length).toBe(50);
    terminal.resize(40, 10);
    await terminal.shows("40x10 is too small");
    terminal.resize(80, 24);
    await terminal.shows(/\nSHARE command process/);
  });

  test("helps, and goes back", async () => {
    await openTop();
    terminal.press("?");
    await terminal.shows("pause and resume");
    terminal.press("Escape");
    await terminal.shows("INCIDENTS");
  });

  test("draws in ASCII where the locale is no UTF-8, and without colours where nobody wants them", async () => {
    await openTop(80, 24, { ...NOWHERE, LC_ALL: "C", NO_COLOR: "1" });
    expect(terminal.screen()).toMatch(/^[\n -~]*$/);
    expect(terminal.screen(true)).toContain("\u001b[1m");
    expect(terminal.screen(true).split("\u001b[").join(" ESC ")).not.toMatch(/ ESC (\d+;)*3[0-7]m/);
  });

  test("is one screen of text where there is no terminal", async () => {
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

  test("is a document for programs", async () => {
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

  test("shows the shares, what is in flight and the incident that it is, without being told", async () => {
    await openTop(80, 24, ask);
    await terminal.shows(/watching .* every 1 s/);
    await terminal.shows(/\n {2}\/\/files\S+\/db +[\d,]+ .*\n {2}\/\/files\S+\/home/);
    await terminal.shows(/IN FLIGHT \d/);
    await terminal.shows(/ (NEW|hangs) .* hung .*slow-repli/);
    expect(terminal.screen()).not.toContain("no daemon");
  });

  test("has ages that grow", async () => {
    await openTop(80, 24, ask);
    const age = () => Number(/ ([\d.]+) (?:s|min) +WRITE/.exec(terminal.screen())?.[1]);
    await waitUntil(() => age() > 0);
    const first = age();
    await waitUntil(() => age() !== first);
  });

  test("shows rows of commands and of processes, sorted as somebody likes, and what one of them has in flight", async () => {
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

  test("holds the screen, and goes on", async () => {
    await openTop(80, 24, ask);
    terminal.press("Space");
    await terminal.shows("PAUSED");
    const held = terminal.screen();
    await Bun.sleep(1500);
    expect(terminal.screen()).toBe(held);
    terminal.press("Space");
    await waitUntil(() => !terminal.screen().includes("PAUSED"));
  });

  test("asks as often as it is told to", async () => {
    await openTop(80, 24, ask);
    terminal.press("+", "+", "+");
    await terminal.shows("every 100 ms");
    terminal.press("-");
    await terminal.shows("every 200 ms");
  });

  test("streams documents as the schema has them", async () => {
    const child = Bun.spawn([EXECUTABLE, "top", "--json", "--every", "0.1"], {
      env: { ...ask },
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

  test("ends with the daemon, with a word and the terminal as it was", async () => {
    const stty = await openTop(80, 24, ask);
    daemon.stdin.end();
    await terminal.shows(/aod has ended.*\n/);
    await terminal.shows("ended 69");
    await expectAsBefore(stty);
  });
});
