import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  findTasks,
  isKernelThread,
  readCgroup,
  readHostMountinfo,
  readMountinfo,
  readNetworkNamespace,
  readProcessName,
  readStack,
  readTask,
  readWchan,
  showsAllTasks,
} from "../../src/cifs/proc.ts";
import { tempDir } from "../helpers/temp-dir.ts";

describe("readWchan", () => {
  test("returns the name that the kernel prints", () => {
    const proc = tempDir();
    mkdirSync(join(proc, "77"));
    writeFileSync(join(proc, "77", "wchan"), "wait_for_response");
    expect(readWchan(77, proc)).toBe("wait_for_response");
  });

  test("is undefined for a task that has exited", () => {
    expect(readWchan(77, tempDir())).toBeUndefined();
  });

  const STACK = "[<0>] wait_for_free_credits.isra.0+0x20/0x1f0 [cifs]\n[<0>] cifs_readv+0x1/0x2 [cifs]\n";

  test.each([
    ["a stack that says where", "D (disk sleep)", STACK, "wait_for_free_credits.isra.0"],
    ["the same where a signal would end it", "S (sleeping)", STACK, "wait_for_free_credits.isra.0"],
    ["no stack for us", "D (disk sleep)", undefined, "(D)"],
    ["an empty one", "D (disk sleep)", "", "(D)"],
    ["no stack, and a signal would end it", "S (sleeping)", undefined, "(S)"],
    ["a stack of the time before it ran", "R (running)", STACK, "0"],
  ])("on a kernel whose wchan is always 0: %s", (_, state, stack, expected) => {
    const proc = tempDir();
    mkdirSync(join(proc, "77"));
    writeFileSync(join(proc, "77", "wchan"), "0");
    writeFileSync(join(proc, "77", "status"), `Name:\tcp\nUmask:\t0022\nState:\t${state}\nTgid:\t77\n`);
    if (stack !== undefined) writeFileSync(join(proc, "77", "stack"), stack);
    expect(readWchan(77, proc)).toBe(expected);
  });

  test("says something of ourselves", () => {
    expect(readWchan(process.pid)).toBeString();
  });
});

describe("tasks", () => {
  const proc = tempDir();
  const aTask = (pid: number, tid: number, comm: string): void => {
    for (const folder of [join(proc, String(tid)), join(proc, String(pid), "task", String(tid))]) {
      mkdirSync(folder, { recursive: true });
    }
    writeFileSync(
      join(proc, String(tid), "status"),
      `Name:\t${comm}\nUmask:\t0022\nTgid:\t${pid}\nPid:\t${tid}\n`,
    );
    writeFileSync(join(proc, String(tid), "comm"), `${comm}\n`);
  };
  aTask(10, 10, "postgres");
  aTask(10, 11, "postgres: io");
  aTask(20, 20, "cp");

  test("are found among all threads of the host", () => {
    expect(findTasks((taskId) => taskId !== 10, proc)).toEqual([
      { taskId: 11, processId: 10, comm: "postgres: io" },
      { taskId: 20, processId: 20, comm: "cp" },
    ]);
  });

  test("that have exited are undefined", () => {
    expect(readTask(99, proc)).toBeUndefined();
    expect(readProcessName(99, proc)).toBeUndefined();
    expect(readCgroup(99, proc)).toBeUndefined();
    expect(readMountinfo(99, proc)).toBeUndefined();
    expect(readProcessName(20, proc)).toBe("cp");
  });

  test("are kernel threads by the kernel's flag, not by their name", () => {
    // From Linux 6.18: a kworker, a shell, and a shell renamed by prctl(2). The flags are the seventh field after the
    // name.
    const stats = {
      30: "30 (kworker/0:1-events) I 2 0 0 0 -1 69238880 0 0 0 0",
      31: "31 (bash) S 1 31 31 0 -1 4194560 0 0 0 0",
      32: "32 (kworker/u8:3) S 1 32 32 0 -1 4194304 0 0 0 0",
      33: "33 (x) R 1 2 3 4 5 69238880) S 1 33 33 0 -1 4194304 0 0 0 0",
    };
    for (const [tid, text] of Object.entries(stats)) {
      mkdirSync(join(proc, tid), { recursive: true });
      writeFileSync(join(proc, tid, "stat"), `${text}\n`);
    }
    expect([30, 31, 32, 33, 98].map((tid) => isKernelThread(tid, proc))).toEqual([
      ...[true, false, false, false],
      undefined,
    ]);
    // kthreadd and this process.
    expect([isKernelThread(2), isKernelThread(process.pid)]).toEqual([true, false]);
  });

  test("show the host's mounts through process 1, or aod's own if those can't be read", () => {
    const folder = tempDir();
    mkdirSync(join(folder, "self"));
    writeFileSync(join(folder, "self/mountinfo"), "of aod\n");
    expect(readHostMountinfo(folder)).toBe("of aod\n");
    mkdirSync(join(folder, "1"));
    writeFileSync(join(folder, "1/mountinfo"), "of the host\n");
    expect(readHostMountinfo(folder)).toBe("of the host\n");
  });

  test("are all shown only in the initial pid namespace", () => {
    mkdirSync(join(proc, "self/ns"), { recursive: true });
    symlinkSync("pid:[4026531836]", join(proc, "self/ns/pid"));
    expect(showsAllTasks(proc)).toBe(true);
    const inside = tempDir();
    mkdirSync(join(inside, "self/ns"), { recursive: true });
    symlinkSync("pid:[4026532999]", join(inside, "self/ns/pid"));
    expect(showsAllTasks(inside)).toBe(false);
  });
});

describe("readNetworkNamespace", () => {
  test("is the same by pid and by self, and undefined for a process that has exited", () => {
    expect(readNetworkNamespace("self")).toMatch(/^net:\[\d+\]$/);
    expect(readNetworkNamespace(process.pid)).toBe(readNetworkNamespace("self") ?? "");
    expect(readNetworkNamespace(77, tempDir())).toBeUndefined();
  });
});

describe("readStack", () => {
  test("returns the lines that the kernel prints, and undefined for a task that has exited", () => {
    const proc = tempDir();
    mkdirSync(join(proc, "77"));
    writeFileSync(join(proc, "77", "stack"), "[<0>] wait_for_response+0x7d/0x110 [cifs]\n");
    expect(readStack(77, proc)).toBe("[<0>] wait_for_response+0x7d/0x110 [cifs]\n");
    expect(readStack(78, proc)).toBeUndefined();
  });

  test("says something of ourselves", () => {
    expect(readStack(process.pid)).toBeString();
  });
});
