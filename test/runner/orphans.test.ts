import { describe, expect, test } from "bun:test";
import { Orphans, type ProcessTable } from "../../src/runner/orphans.ts";
import { run } from "../helpers/program.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** A process table that the test controls. */
class FakeTable implements ProcessTable {
  ms = 0;
  living = new Set<number>();
  zombies = new Set<number>();
  killed: number[] = [];
  immortal = false;
  refuses = false;
  nowMs = () => this.ms;
  adopted = () => [...this.living, ...this.zombies];
  collect = (pid: number) => this.zombies.delete(pid) || !this.living.has(pid);
  kill = (pid: number) => {
    this.killed.push(pid);
    if (this.refuses) throw Object.assign(new Error("kill() failed"), { code: "EPERM" });
    if (this.immortal || !this.living.delete(pid)) return;
    this.zombies.add(pid);
  };
}

describe("Orphans", () => {
  test("live until the deadline of their program, and are reaped", async () => {
    const table = new FakeTable();
    const orphans = new Orphans(table);
    orphans.programBegan(10, 1000);
    table.living.add(20);
    orphans.programEnded(10);
    expect([table.killed.length, orphans.count]).toEqual([0, 1]);
    table.ms = 1000;
    await waitUntil(() => orphans.count === 0);
    expect([table.killed, table.zombies.size, orphans.abandoned]).toEqual([[20], 0, 0]);
  });

  test("are killed at once if that is over", () => {
    const table = new FakeTable();
    const orphans = new Orphans(table);
    orphans.programBegan(10, 1000);
    table.ms = 1000;
    table.living.add(20);
    orphans.programEnded(10);
    expect([table.killed, orphans.count, table.zombies.size]).toEqual([[20], 0, 0]);
  });

  test("get the latest deadline of all programs: it is not known which one started them", () => {
    const table = new FakeTable();
    const orphans = new Orphans(table);
    orphans.programBegan(10, 1000);
    orphans.programBegan(11, 5000);
    table.living.add(20);
    table.ms = 1000;
    orphans.programEnded(10);
    expect(table.killed).toEqual([]);
    table.ms = 5000;
    orphans.programEnded(11);
    expect(table.killed).toEqual([20]);
  });

  test("do not include programs", () => {
    const table = new FakeTable();
    const orphans = new Orphans(table);
    orphans.programBegan(10, 0);
    orphans.programBegan(11, 0);
    table.living = new Set([10, 11]);
    orphans.programEnded(10);
    expect(table.killed).toEqual([]);
  });

  test.each(["immortal", "refuses"] as const)(
    "that do not die are abandoned and counted once: %s",
    async (why) => {
      const table = new FakeTable();
      table[why] = true;
      const orphans = new Orphans(table);
      orphans.programBegan(10, 0);
      table.living.add(20);
      orphans.programEnded(10);
      table.ms = 10_000;
      await waitUntil(() => orphans.abandoned === 1);
      await waitUntil(() => table.killed.length > 3);
      expect([orphans.abandoned, orphans.count]).toEqual([1, 1]);
      table.living.delete(20);
      await waitUntil(() => orphans.count === 0);
    },
  );

  test("are killed when aod stops", () => {
    const table = new FakeTable();
    const orphans = new Orphans(table);
    orphans.programBegan(10, 60_000);
    table.living.add(20);
    orphans.programEnded(10);
    table.living.add(21);
    orphans.close();
    expect(table.killed.sort()).toEqual([20, 21]);
  });
});

describe("real orphans, of a process that adopts them", () => {
  test("are killed at the deadline; 100 programs leave no zombie and no descriptor; another thread's child is not touched", async () => {
    const { stdout, stderr, exitCode } = await run(
      [process.execPath, new URL("../fixtures/threads/orphans.ts", import.meta.url).pathname, "100"],
      "/",
    );
    expect([stderr, exitCode]).toEqual(["", 0]);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ adopts: true, left: "timed_out", others: 1, abandoned: 0 });
    expect(said).toMatchObject({ alive: [], zombies: [] });
    // Bun opens a few of its own; one for each program would be a hundred.
    expect(said.more).toBeLessThan(20);
  }, 60_000);
});
