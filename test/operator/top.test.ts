// `aod top` of dist/aod as somebody at a terminal has it: what is on the screen, what keys do, and that the terminal is
// afterwards what it was before.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { describeBpf } from "../helpers/bpf.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TmuxTerminal } from "../helpers/tmux.ts";

const AS_BEFORE = { alternate: false, cursor: true, wrap: true };
const UTF_8 = { LC_ALL: "C.UTF-8" };
/** No daemon of this machine's is asked. */
const NOWHERE = { AOD_SOCKET: "/nowhere/aod.sock" };

describeBpf("aod top without a daemon", () => {
  const terminal = new TmuxTerminal();

  async function openTop(columns = 80, rows = 24, environment: Readonly<Record<string, string>> = UTF_8) {
    await terminal.open(columns, rows, { ...environment, ...NOWHERE });
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
    await terminal.shows("40x10 is small");
    terminal.resize(80, 24);
    await terminal.shows(/\nSHARE command process/);
  });

  test("helps, and goes back", async () => {
    await openTop();
    terminal.press("?");
    await terminal.shows("hold the screen, and go on");
    terminal.press("Escape");
    await terminal.shows("INCIDENTS");
  });

  test("draws in ASCII where the locale is no UTF-8, and without colours where nobody wants them", async () => {
    await openTop(80, 24, { LC_ALL: "C", NO_COLOR: "1" });
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
