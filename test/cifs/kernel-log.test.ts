// Lines of the kernel log. Those in fixtures/kernel-log-reports.txt are copied from public reports, each with its
// source. The lines in this file follow the format strings in the kernel's sources, for cases that no report shows. A
// guest test checks that a kernel prints "has not responded" like this.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KernelLog, parseKernelLogRecord } from "../../src/cifs/kernel-log.ts";
import { signalName } from "../../src/model/signal.ts";
import { seeded } from "../helpers/random.ts";

const kernel = (text: string) => ({ facility: 0, text });

function signalsOf(lines: readonly string[]) {
  const log = new KernelLog();
  return lines.flatMap((line) => {
    const signal = log.take(kernel(line));
    return signal === undefined ? [] : [[signalName(signal.number), signal.server]];
  });
}

interface Report {
  readonly kernel: string;
  readonly source: string;
  /** `signal`, or `signal //server`. */
  readonly signals: readonly string[];
  readonly lines: readonly string[];
}

/** The reports of the fixture: `== KERNEL`, a line with the source, signals, `--` and the lines of the log. */
function readReports(): readonly Report[] {
  const text = readFileSync(join(import.meta.dir, "fixtures/kernel-log-reports.txt"), "utf8");
  const [, ...blocks] = text.trimEnd().split(/\n*^== /m);
  return blocks.map((block) => {
    const [head = "", log = ""] = block.split("\n--\n");
    const [kernel = "", source = "", ...signals] = head.split("\n");
    return { kernel, source, signals, lines: log.split("\n") };
  });
}

describe("a report of a user", () => {
  const reports = readReports();

  test("has a source, and each signal of the kernel log has a report", () => {
    for (const { source, lines } of reports) {
      expect(source).toStartWith("https://");
      expect(lines.length).toBeGreaterThan(0);
    }
    const seen = new Set(reports.flatMap(({ signals }) => signals.map((signal) => signal.split(" ")[0])));
    expect([...seen].toSorted()).toEqual([
      "hung_task",
      "link_down",
      "no_task_to_wake",
      "out_of_memory",
      "server_not_responding",
      "session_setup_failed",
      "soft_lockup",
    ]);
  });

  test.each(reports)("for $kernel yields its signals and no others", ({ signals, lines }) => {
    const found = signalsOf(lines).map((parts) => parts.filter((part) => part !== undefined).join(" "));
    expect(found).toEqual([...signals]);
  });
});

describe("one line of the kernel log", () => {
  test.each([
    [
      "CIFS: VFS: \\\\files.example.com has not responded in 180 seconds. Reconnecting...",
      "server_not_responding",
      "//files.example.com",
    ],
    [
      "CIFS VFS: Server 192.0.2.7 has not responded in 120 seconds. Reconnecting...",
      "server_not_responding",
      "//192.0.2.7",
    ],
    [
      "CIFS: VFS: \\\\fd00:9:1::2 has not responded in 3 seconds. Reconnecting...",
      "server_not_responding",
      "//fd00:9:1::2",
    ],
    ["CIFS: VFS: \\\\files Send error in SessSetup = -126", "session_setup_failed", "//files"],
    ["CIFS VFS: Send error in SessSetup = -13", "session_setup_failed", undefined],
    [
      "CIFS: VFS: \\\\192.168.0.1 No task to wake, unknown frame received! NumMids 2",
      "no_task_to_wake",
      "//192.168.0.1",
    ],
    ["CIFS VFS: No task to wake, unknown frame received! NumMids 0", "no_task_to_wake", undefined],
    ["watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [cifsd:1234]", "soft_lockup", undefined],
    ["NMI watchdog: BUG: soft lockup - CPU#0 stuck for 23s! [cifsd:861]", "soft_lockup", undefined],
    [
      "Out of memory: Killed process 4711 (java) total-vm:8123456kB, anon-rss:7654321kB",
      "out_of_memory",
      undefined,
    ],
    ["e1000e 0000:00:1f.6 eno1: NIC Link is Down", "link_down", undefined],
    ["igb 0000:01:00.0 eth0: igb: eth0 NIC Link is Down", "link_down", undefined],
    ["bnx2 0000:02:00.0 em1: NIC Copper Link is Down", "link_down", undefined],
    ["r8169 0000:03:00.0 eth0: Link is Down", "link_down", undefined],
    ["mlx5_core 0000:3b:00.0 ens1f0np0: Link down", "link_down", undefined],
  ] as const)("%s", (line, signal, server) => {
    expect(signalsOf([line])).toEqual([[signal, server]]);
  });

  test.each([
    ["CIFS: Attempting to mount \\\\files\\data"],
    ["CIFS: VFS: \\\\files has not responded yet"],
    ["watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [dd:1234]"],
    ["INFO: task dd:4711 blocked for more than 120 seconds."],
    ["Memory cgroup out of memory: Killed process 4711 (java)"],
    ["eth0: Link is Up - 1Gbps/Full - flow control rx/tx"],
    ["usb 1-1: reset high-speed USB device"],
  ])("%s is not a signal on its own", (line) => {
    expect(signalsOf([line])).toEqual([]);
  });

  test("from a program is never a signal", () => {
    const log = new KernelLog();
    for (const facility of [1, 3, 16])
      expect(
        log.take({ facility, text: "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [cifsd:1]" }),
      ).toBe(undefined);
  });
});

describe("a lockup or a hung task", () => {
  const hung = [
    "INFO: task kworker/3:2:40518 blocked for more than 120 seconds.",
    "      Not tainted 6.1.0-18-amd64 #1 Debian 6.1.76-1",
    '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
    "task:kworker/3:2     state:D stack:0     pid:40518 ppid:2      flags:0x00004000",
    "Call Trace:",
    " <TASK>",
    " __schedule+0x34d/0x9e0",
    " rwsem_down_write_slowpath+0x1f8/0x620",
  ];

  test("is a signal if its stack has a function of cifs", () => {
    expect(signalsOf([...hung, " cifs_oplock_break+0x77/0x590 [cifs]"])).toEqual([["hung_task", undefined]]);
    expect(signalsOf([...hung, " ext4_sync_file+0x10/0x20 [ext4]"])).toEqual([]);
    // CONFIG_STACKTRACE_BUILD_ID: kernel/kallsyms.c sprint_symbol_build_id, since 5.15.
    const withBuildId = " cifs_oplock_break+0x77/0x590 [cifs 0123456789abcdef0123456789abcdef01234567]";
    expect(signalsOf([...hung, withBuildId])).toEqual([["hung_task", undefined]]);
    expect(signalsOf([...hung, " ? cifs_oplock_break+0x77/0x590 [cifs]"])).toEqual([]);
  });

  test("counts once, however many functions of cifs are in its stack", () => {
    const frames = [" cifs_writepages+0x1/0x2 [cifs]", " cifs_flush+0x1/0x2 [cifs]"];
    expect(signalsOf([...hung, ...frames])).toHaveLength(1);
  });

  test("is not a signal because of a later stack of another program", () => {
    const between = Array.from({ length: 500 }, (_, n) => `eth0: line ${n}`);
    expect(signalsOf([...hung, ...between, " cifs_flush+0x1/0x2 [cifs]"])).toEqual([]);
  });

  test("is also a CPU that stalls in cifs", () => {
    const stall = [
      "rcu: INFO: rcu_preempt self-detected stall on CPU",
      "rcu: \t1-....: (5250 ticks this GP) idle=5a4/1/0x4000000000000000 softirq=1234/1234 fqs=2622",
      " smb2_find_mid+0x3a/0xb0 [cifs]",
    ];
    expect(signalsOf(stall)).toEqual([["soft_lockup", undefined]]);
  });
});

describe("a record of /dev/kmsg", () => {
  test("has its facility and its text, unescaped", () => {
    expect(
      parseKernelLogRecord(
        "3,842,98123456,-;CIFS: VFS: \\x5c\\x5cfiles Send error in SessSetup = -13\n SUBSYSTEM=x\n",
      ),
    ).toEqual({ facility: 0, text: "CIFS: VFS: \\\\files Send error in SessSetup = -13" });
    expect(parseKernelLogRecord("12,1,5,-,caller=T1;systemd[1]: x\n")).toEqual({
      facility: 1,
      text: "systemd[1]: x",
    });
    for (const record of ["", "x", "3,842;", "-1,2,3,-;x"])
      expect(parseKernelLogRecord(record)).toBeUndefined();
  });

  test("of any bytes is parsed without an error into bounded text without control characters", () => {
    const { int, pick, seedText } = seeded();
    const parts: [string, ...string[]] = [
      "CIFS: VFS: \\x5c\\x5c",
      "\\x1b[31m",
      "\u202e",
      "x".repeat(5000),
      " has not responded in 3 seconds. Reconnecting",
    ];
    const log = new KernelLog();
    for (let run = 0; run < 500; run++) {
      const text = Array.from({ length: int(0, 5) }, () => pick(parts)).join("");
      const record = parseKernelLogRecord(`3,${run},1,-;${text}`);
      const signal = record && log.take(record);
      if (signal === undefined) continue;
      expect(signal.text.length, seedText).toBeLessThan(240 * 6);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
      expect(/[\u0000-\u001f\u202e]/.test(signal.text), seedText).toBe(false);
    }
  });
});
