import { describe, expect, test } from "bun:test";
import { loadThreads } from "../../src/supervisor/early-threads.ts";
import type { Spawned } from "../../src/supervisor/thread-handle.ts";

class FakeWorker implements Spawned {
  readonly #whenClosed: (() => void)[] = [];
  readonly postMessage = () => undefined;
  readonly terminate = () => undefined;
  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === "close") this.#whenClosed.push(listener as () => void);
  }
  close(): void {
    for (const listener of this.#whenClosed) listener();
  }
}

function aTable() {
  const made: FakeWorker[] = [];
  const make = () => {
    const worker = new FakeWorker();
    made.push(worker);
    return worker;
  };
  return { made, spawn: { detector: make, runner: make, janitor: make } };
}

describe("loadThreads", () => {
  test("makes every thread at once", () => {
    const { made, spawn } = aTable();
    loadThreads(spawn);
    expect(made).toHaveLength(3);
  });

  test("hands out each thread once, and makes a new one for a restart", () => {
    const { made, spawn } = aTable();
    const table = loadThreads(spawn);
    const first = table.runner();
    const second = table.runner();
    expect(first).toBe(made[1] as FakeWorker);
    expect(second).toBe(made[3] as FakeWorker);
    expect(made).toHaveLength(4);
  });

  test("replaces a thread that failed while it loaded", () => {
    const { made, spawn } = aTable();
    const table = loadThreads(spawn);
    made[0]?.close();
    expect(table.detector()).toBe(made[3] as FakeWorker);
  });
});
