import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exhaustionLosses } from "../../src/model/exhaustion.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import type { ChildExit } from "../../src/system/disposable-child.ts";
import {
  DIES_WITHIN_NS,
  DisposableReader,
  type Outcome,
  PAUSE_NS,
  READ_WITHIN_NS,
  STARVED_WITHIN_NS,
} from "../../src/system/disposable-reader.ts";
import { Epoll } from "../../src/system/epoll.ts";
import { run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

/** A child that does what the test says. */
class FakeChild {
  readonly outputFd = 50;
  readonly exitFd = 51;
  chunks: Uint8Array[] = [];
  exited: ChildExit | undefined;
  kills = 0;
  closed = 0;
  isStarved = false;
  isShortOfCpu = () => this.isStarved;
  read = () => this.chunks.shift();
  exit = () => this.exited;
  kill = () => {
    this.kills += 1;
  };
  close = () => {
    this.closed += 1;
  };

  ends(text: string, exitCode = 0): void {
    this.chunks = [Buffer.from(text), new Uint8Array(0)];
    this.exited = { exitCode };
  }
}

function setUp(maxBytes = 1000) {
  const children: FakeChild[] = [];
  const waited = new Set<number>();
  const reader = new DisposableReader({
    path: "/proc/some/list",
    maxBytes,
    waitSet: { add: (fd) => waited.add(fd), remove: (fd) => waited.delete(fd) },
    start: () => {
      const child = new FakeChild();
      children.push(child);
      return child;
    },
  });
  const child = () => children.at(-1) as FakeChild;
  return { reader, children, child, waited };
}

describe("DisposableReader", () => {
  test.each([
    ["EMFILE", "no_descriptors"],
    ["EAGAIN", "no_processes"],
    ["ENOMEM", "no_memory"],
  ])("counts a child that could not be started for %s", (errno, cause) => {
    const reader = new DisposableReader({
      path: "/proc/some/list",
      maxBytes: 1,
      waitSet: { add: () => undefined, remove: () => undefined },
      start: () => errno,
    });
    const before = exhaustionLosses()[cause] ?? 0;
    expect(reader.begin(0)).toBe("unreadable");
    expect(exhaustionLosses()[cause]).toBe(before + 1);
  });

  test("gives what its child printed, once, and gives everything back", () => {
    const { reader, child, waited } = setUp();
    expect(reader.begin(0)).toBe("begun");
    expect([...waited]).toEqual([50, 51]);
    expect(reader.poll(1)).toBeUndefined();
    child().ends("text");
    expect(reader.poll(2)).toEqual({ type: "read", text: "text", truncated: false });
    expect(reader.poll(3)).toBeUndefined();
    expect([waited.size, child().closed, reader.dueNs]).toEqual([0, 1, Infinity]);
  });

  test("has one child at a time", () => {
    const { reader, children } = setUp();
    expect([reader.begin(0), reader.begin(1)]).toEqual(["begun", "begun"]);
    expect(children.length).toBe(1);
  });

  test("takes a child that fails for a file that can't be read", () => {
    const { reader, child } = setUp();
    reader.begin(0);
    child().ends("", 1);
    expect(reader.poll(1)).toEqual({ type: "unreadable" });
    expect([reader.readability, reader.late, reader.begin(2)]).toEqual(["readable", 0, "begun"]);
  });

  test("cuts off at its cap, says so, and ends the child", () => {
    const { reader, child } = setUp(5);
    reader.begin(0);
    child().chunks = [Buffer.from("1234"), Buffer.from("5678")];
    expect(reader.poll(1)).toEqual({ type: "read", text: "12345", truncated: true });
    expect(child().kills).toBe(1);
    child().ends("");
    reader.poll(2);
    expect([child().closed, reader.begin(3)]).toEqual([1, "begun"]);
  });

  test("kills a child at its deadline, reports it once, and pauses after it", () => {
    const { reader, child, children } = setUp();
    reader.begin(0);
    expect(reader.dueNs).toBe(READ_WITHIN_NS);
    expect(reader.poll(READ_WITHIN_NS - 1)).toBeUndefined();
    expect(reader.poll(READ_WITHIN_NS)).toEqual({ type: "late" });
    expect([child().kills, reader.readability, reader.late]).toEqual([1, "late", 1]);
    expect(reader.begin(READ_WITHIN_NS + 1)).toBe("late");
    child().exited = { exitCode: undefined };
    const goneNs = READ_WITHIN_NS + 10;
    expect(reader.poll(goneNs)).toBeUndefined();
    expect([child().closed, reader.begin(goneNs + PAUSE_NS - 1)]).toEqual([1, "late"]);
    expect(reader.begin(goneNs + PAUSE_NS)).toBe("begun");
    expect(children.length).toBe(2);
  });

  test("gives a child more time while it waits for a CPU, and reads what it prints then", () => {
    const { reader, child } = setUp();
    reader.begin(0);
    child().isStarved = true;
    expect(reader.poll(READ_WITHIN_NS)).toBeUndefined();
    expect([child().kills, reader.readability, reader.dueNs]).toEqual([0, "readable", 2 * READ_WITHIN_NS]);
    child().ends("text");
    expect(reader.poll(READ_WITHIN_NS + 5)).toEqual({ type: "read", text: "text", truncated: false });
    expect(reader.late).toBe(0);
  });

  test("gives up a child that waits for a CPU for ever, and one that stops waiting for it", () => {
    for (const [atNs, isStarved] of [
      [STARVED_WITHIN_NS, true],
      [2 * READ_WITHIN_NS, false],
    ] as const) {
      const { reader, child } = setUp();
      reader.begin(0);
      child().isStarved = true;
      expect(reader.poll(READ_WITHIN_NS)).toBeUndefined();
      child().isStarved = isStarved;
      expect(reader.poll(atNs)).toEqual({ type: "late" });
    }
  });

  test("takes a killed child for stuck only if it does not wait for a CPU", () => {
    const { reader, child } = setUp();
    reader.begin(0);
    reader.poll(READ_WITHIN_NS);
    child().isStarved = true;
    reader.poll(READ_WITHIN_NS + DIES_WITHIN_NS);
    expect(reader.readability).toBe("late");
    child().isStarved = false;
    reader.poll(READ_WITHIN_NS + 2 * DIES_WITHIN_NS);
    expect(reader.readability).toBe("stuck");
  });

  test("starts nothing while a child can't be killed, however long that lasts", () => {
    const { reader, child, children } = setUp();
    reader.begin(0);
    reader.poll(READ_WITHIN_NS);
    expect(reader.dueNs).toBe(READ_WITHIN_NS + DIES_WITHIN_NS);
    reader.poll(READ_WITHIN_NS + DIES_WITHIN_NS);
    expect([reader.readability, reader.dueNs]).toEqual(["stuck", Infinity]);
    for (const hours of [1, 10, 100]) expect(reader.begin(hours * 3600e9)).toBe("late");
    expect(children.length).toBe(1);
    child().exited = { exitCode: undefined };
    reader.poll(101 * 3600e9);
    expect(reader.readability).toBe("late");
    expect(reader.begin(102 * 3600e9)).toBe("begun");
    child().ends("text");
    expect(reader.poll(102 * 3600e9 + 1)?.type).toBe("read");
    expect(reader.readability).toBe("readable");
  });

  test("pauses ever longer, and starts anew after a reading that went well", () => {
    const { reader, child } = setUp();
    let nowNs = 0;
    const lateOnce = () => {
      while (reader.begin(nowNs) !== "begun") nowNs += 1e9;
      const begunNs = nowNs;
      nowNs += READ_WITHIN_NS;
      reader.poll(nowNs);
      child().exited = { exitCode: undefined };
      reader.poll(nowNs);
      return begunNs;
    };
    const begun = [lateOnce(), lateOnce(), lateOnce(), lateOnce()];
    const pauses = begun.slice(1).map((ns, index) => ns - (begun[index] as number) - READ_WITHIN_NS);
    expect(pauses).toEqual([PAUSE_NS, 2 * PAUSE_NS, 4 * PAUSE_NS]);
    while (reader.begin(nowNs) !== "begun") nowNs += 1e9;
    child().ends("text");
    expect(reader.poll(nowNs)?.type).toBe("read");
    expect(reader.begin(nowNs)).toBe("begun");
  });

  test("says that it can't be read where no child can be started", () => {
    const waitSet = { add: () => undefined, remove: () => undefined };
    const reader = new DisposableReader({ path: "/x", maxBytes: 1, waitSet, start: () => "EAGAIN" });
    expect([reader.begin(0), reader.poll(1), reader.readability]).toEqual([
      "unreadable",
      undefined,
      "readable",
    ]);
  });
});

describe("DisposableReader with a real child", () => {
  const epoll = Epoll.create();
  afterAll(() => epoll.close());

  /** Until its child has been collected. */
  function outcomeOf(reader: DisposableReader): Outcome | undefined {
    let outcome: Outcome | undefined;
    reader.begin(monotonicNs());
    while (reader.dueNs !== Infinity) {
      epoll.wait(Math.max(0, reader.dueNs - monotonicNs()) / 1e6);
      outcome = reader.poll(monotonicNs()) ?? outcome;
    }
    return outcome;
  }

  const readerOf = (path: string, maxBytes = 4 << 20) =>
    new DisposableReader({ path, maxBytes, waitSet: epoll });

  test("reads a file of the kernel, and one that is larger than a pipe", () => {
    expect(outcomeOf(readerOf("/proc/version"))).toEqual({
      type: "read",
      text: readFileSync("/proc/version", "utf8"),
      truncated: false,
    });
    const path = join(tempDir(), "large");
    const text = "0123456789abcdef".repeat(60_000);
    writeFileSync(path, text);
    expect(outcomeOf(readerOf(path))).toEqual({ type: "read", text, truncated: false });
    expect(outcomeOf(readerOf(path, 100_000))).toEqual({
      type: "read",
      text: text.slice(0, 100_000),
      truncated: true,
    });
  });

  test("takes a file that is not there for one that can't be read", () => {
    expect(outcomeOf(readerOf(join(tempDir(), "none")))).toEqual({ type: "unreadable" });
  });

  test("comes back from a file that blocks, without waiting for it, and leaves no zombie", async () => {
    const path = join(tempDir(), "fifo");
    await run(["/usr/bin/mkfifo", path], "/");
    const before = zombies();
    const reader = readerOf(path);
    expect(outcomeOf(reader)).toEqual({ type: "late" });
    expect(reader.readability).toBe("late");
    expect(zombies().filter((pid) => !before.includes(pid))).toEqual([]);
  });
});

/** Children of this thread that have ended and were not collected. */
function zombies(): readonly string[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
  return children.filter((pid) => / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8")));
}
