import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { type ChildLimits, Children } from "../../src/runner/child.ts";
import { run } from "../helpers/program.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const LIMITS: ChildLimits = { timeoutMs: 10_000, maxBytes: 1 << 20, keep: "head" };
/** Enough for a shell to print its first words on a busy machine. */
const DEADLINE_MS = 3_000;
const NEVER = new AbortController().signal;

/** The tests use a shell as the program; aod itself starts none. */
function runShell(
  script: string,
  limits: Partial<ChildLimits> = {},
  stop = NEVER,
  children = new Children(),
) {
  return children.run(["/bin/sh", "-c", script], { ...LIMITS, ...limits }, stop);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** It has ended, whether or not it has been reaped. */
function isDead(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

describe("a child", () => {
  test("has its output and its exit code", async () => {
    const result = await runShell("echo out; echo err >&2; exit 3");
    expect(result).toMatchObject({ end: "exited", exitCode: 3, truncated: false, errorText: "err\n" });
    expect(text(result.output)).toBe("out\n");
  });

  test("has the lowest priority, with all its descendants", async () => {
    // The priority is changed after the start.
    const { output } = await runShell("until [ $(nice) = 10 ]; do sleep 0.01; done; nice");
    expect(text(output)).toBe("10\n");
  });

  test("gets a fixed environment, the root folder and no input", async () => {
    process.env.AOD_TEST_SECRET = "leaked";
    const result = await new Children().run(["/usr/bin/env"], LIMITS, NEVER);
    expect(text(result.output).trim().split("\n").sort()).toEqual([
      "LC_ALL=C",
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    ]);
    const { output } = await new Children().run(["/usr/bin/env"], LIMITS, NEVER, { AOD_SHARE: "//a b\n" });
    expect(text(output)).toContain("AOD_SHARE=//a b\n\n");
    expect(text((await runShell("pwd; cat")).output)).toBe("/\n");
  });

  test("leads a process group of its own", async () => {
    const { output } = await runShell("cat /proc/$$/stat");
    const [, pid = "", rest = ""] = /^(\d+) \(.*\) (.*)$/.exec(text(output).trim()) ?? [];
    const [, , group, session] = rest.split(" ");
    expect([group, session]).toEqual([pid, pid]);
  });

  test("is killed at its deadline with its descendants, and its output is kept", async () => {
    const result = await runShell("sleep 60 & echo $! $$; wait", { timeoutMs: DEADLINE_MS });
    expect(result).toMatchObject({ end: "timed_out", exitCode: undefined });
    const pids = text(result.output).trim().split(" ").map(Number);
    expect(pids).toHaveLength(2);
    await waitUntil(() => pids.every(isDead));
  });

  test("is killed with descendants that have left its group and its session", async () => {
    const script = "setsid sh -c 'echo $$; trap : TERM; sleep 60 & echo $!; wait; sleep 60' & sleep 60";
    const result = await runShell(script, { timeoutMs: DEADLINE_MS });
    expect(result.end).toBe("timed_out");
    const pids = text(result.output).trim().split("\n").map(Number);
    expect(pids).toHaveLength(2);
    await waitUntil(() => pids.every(isDead));
  });

  test("is killed with all that it forks while it is being killed", async () => {
    const bomb =
      'bomb() { echo $$; [ $1 = 0 ] || { sh -c "$0" "$0" $(($1-1)) & sh -c "$0" "$0" $(($1-1)) & }; sleep 60; };';
    const script = `b='${bomb} bomb $1'; sh -c "$b" "$b" 5`;
    const result = await runShell(script, { timeoutMs: DEADLINE_MS });
    const pids = text(result.output).trim().split("\n").map(Number);
    // 63 if the machine is fast enough before the deadline; in any case each has to be dead.
    expect(pids.length).toBeGreaterThan(0);
    await waitUntil(() => pids.every(isDead));
  });

  test("is not waited for because of a descendant that left its group and holds its pipes", async () => {
    const result = await runShell("setsid sleep 9 & echo started; sleep 60", { timeoutMs: DEADLINE_MS });
    expect(result.end).toBe("timed_out");
    expect(text(result.output)).toBe("started\n");
  });

  test("is killed by the abort signal", async () => {
    const stop = new AbortController();
    const running = runShell("echo begun; sleep 60", {}, stop.signal);
    setTimeout(() => stop.abort(), 300);
    expect(await running).toMatchObject({ end: "stopped", exitCode: undefined });
    expect(await runShell("echo late", {}, stop.signal)).toMatchObject({ end: "not_started" });
  });

  test("ends as soon as the head to keep is full", async () => {
    const result = await runShell("yes", { maxBytes: 100_000 });
    expect(result).toMatchObject({ end: "full", truncated: true });
    expect(result.output.length).toBe(100_000);
  });

  test("runs to its end if the tail is kept", async () => {
    const result = await runShell("seq 1 200000", { maxBytes: 13, keep: "tail" });
    expect(result).toMatchObject({ end: "exited", exitCode: 0, truncated: true });
    expect(text(result.output)).toBe("99999\n200000\n");
  });

  test("that can't be started has the reason", async () => {
    const result = await new Children().run(["/nonexistent/program"], LIMITS, NEVER);
    expect(result.end).toBe("not_started");
    expect(result.errorText).toContain("ENOENT");
  });

  test("that can't be started because aod has no descriptor left has that reason, and is counted", async () => {
    const fixture = new URL("../fixtures/threads/without-descriptors.ts", import.meta.url).pathname;
    const { stdout } = await run(["/usr/bin/prlimit", "--nofile=200:200", process.execPath, fixture], "/");
    expect(JSON.parse(stdout)).toEqual({
      without: { end: "not_started", why: "cannot start /bin/true: aod has too many open files (EMFILE)" },
      after: { end: "exited", why: "" },
      unstarted: 1,
    });
  });

  test("reads the client's own lists one after the other, and not while a reader of them hangs", async () => {
    const groups: number[] = [];
    const children = new Children((group) => groups.push(group));
    const read = (name: string) =>
      children.run(
        ["/bin/sh", "-c", "exec sleep 60", `/proc/fs/cifs/${name}`],
        { ...LIMITS, timeoutMs: 10 },
        NEVER,
      );
    const [first, ...others] = await Promise.all([read("DebugData"), read("Stats"), read("open_files")]);
    expect(first.end).toBe("timed_out");
    expect(others.map(({ end }) => end)).toEqual(["not_started", "not_started"]);
    expect(children.unkillable).toBe(1);
    for (const group of groups) process.kill(-group, "SIGKILL");
    await waitUntil(() => children.unkillable === 0);
    expect((await read("Stats")).errorText).toContain("did not come back in time");
    const other = new Children();
    other.clientTrouble = "a lock inside the client is held";
    const refused = await other.run(["/bin/cat", "/proc/fs/cifs/Stats"], LIMITS, NEVER);
    expect(refused).toMatchObject({ end: "not_started", errorText: other.clientTrouble });
    expect(await runShell("echo", {}, NEVER, children)).toMatchObject({ end: "exited" });
  });

  test("that may not be killed because it runs as another user is abandoned and counted", async () => {
    const groups: number[] = [];
    const children = new Children((group) => {
      groups.push(group);
      throw Object.assign(new Error("kill() failed"), { code: "EPERM" });
    });
    const result = await runShell("echo begun; exec sleep 60", { timeoutMs: DEADLINE_MS }, NEVER, children);
    expect(result).toMatchObject({ end: "timed_out", exitCode: undefined });
    expect(text(result.output)).toBe("begun\n");
    expect(children.abandoned).toBe(1);
    for (const group of groups) process.kill(-group, "SIGKILL");
    await waitUntil(() => children.unkillable === 0);
  });

  test("that does not die is abandoned and counted; with too many of them no further one is started", async () => {
    const groups: number[] = [];
    const children = new Children((group) => groups.push(group));
    const hang = () => runShell("exec sleep 60", { timeoutMs: 10 }, NEVER, children);
    const results = await Promise.all(Array.from({ length: 8 }, hang));
    expect(results.map(({ end }) => end)).toEqual(Array(8).fill("timed_out"));
    expect(children.abandoned).toBe(8);
    expect(await runShell("echo", {}, NEVER, children)).toMatchObject({ end: "not_started" });

    for (const group of groups) process.kill(-group, "SIGKILL");
    // The process is dead, but the runner also has to be notified of it.
    await waitUntil(() => children.unkillable === 0);
    expect(await runShell("echo", {}, NEVER, children)).toMatchObject({ end: "exited" });
    expect(children.abandoned).toBe(8);
  });

  test("that was abandoned twice is not started again, and prevents no other program", async () => {
    const groups: number[] = [];
    const children = new Children((group) => groups.push(group));
    const hang = () => runShell("exec sleep 60", { timeoutMs: 10 }, NEVER, children);
    expect([await hang(), await hang()]).toMatchObject([{ end: "timed_out" }, { end: "timed_out" }]);
    const reason = "2 earlier runs of it hang and can't be killed";
    expect(await hang()).toMatchObject({ end: "not_started", errorText: reason });
    expect(await runShell("echo", {}, NEVER, children)).toMatchObject({ end: "exited" });

    for (const group of groups) process.kill(-group, "SIGKILL");
    await waitUntil(() => children.unkillable === 0);
    expect(await hang()).toMatchObject({ end: "timed_out" });
    for (const group of groups.slice(2)) process.kill(-group, "SIGKILL");
  });
});
