import { describe, expect, test } from "bun:test";
import { exhaustionLosses } from "../../src/model/exhaustion.ts";
import type { Failure } from "../../src/model/failure.ts";
import { ThreadHandle } from "../../src/supervisor/thread-handle.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import { waitUntil } from "../helpers/wait-until.ts";

interface Told {
  readonly type: string;
  readonly ms?: number;
}

function anObedientThread(more: { pingEveryMs?: number; hasRoom?: () => boolean; refusals?: Error[] } = {}) {
  const reports: string[] = [];
  const restarts: Failure[] = [];
  const fatal: Failure[] = [];
  let alive = 0;
  let mostAlive = 0;
  const thread = new ThreadHandle<Told, { type: string }>({
    name: "obedient",
    spawn: () => {
      const refusal = more.refusals?.shift();
      if (refusal !== undefined) throw refusal;
      const worker = new Worker(new URL("../fixtures/threads/obedient.ts", import.meta.url));
      alive += 1;
      mostAlive = Math.max(mostAlive, alive);
      worker.addEventListener("close", () => {
        alive -= 1;
      });
      return worker;
    },
    begin: () => [{ type: "start" }],
    onReport: ({ type }) => reports.push(type),
    onRestart: (failure) => restarts.push(failure),
    onFatal: (failure) => fatal.push(failure),
    ...more,
  });
  const readyTimes = (times: number) =>
    waitUntil(() => reports.filter((type) => type === "ready").length >= times);
  return { thread, reports, restarts, fatal, readyTimes, mostAlive: () => mostAlive };
}

describe("a supervised thread", () => {
  test("gets its first commands, works, and stops on command", async () => {
    const { thread, reports, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "ping" });
    await waitUntil(() => reports.includes("pulse"));
    expect(await thread.stop(5_000)).toBe(true);
  });

  test("that throws is restarted and gets its first commands again", async () => {
    const { thread, restarts, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "throw" });
    await readyTimes(2);
    expect(restarts).toMatchObject([{ code: "BUG", message: "ordered to throw" }]);
    expect(thread.restarts).toBe(1);
    await thread.stop(5_000);
  });

  test("that the host does not grant is retried until it does, and every attempt is counted", async () => {
    const rooms = [false, true, true];
    const refusals = [new TypeError("Failed to spawn worker thread")];
    const before = exhaustionLosses();
    const { thread, restarts, fatal, readyTimes } = anObedientThread({
      hasRoom: () => rooms.shift() ?? true,
      refusals,
    });
    thread.start();
    await readyTimes(1);
    expect(restarts.map(({ exhausted }) => exhausted)).toEqual(["EMFILE", "EAGAIN"]);
    expect(fatal).toEqual([]);
    const now = exhaustionLosses();
    expect(now.no_descriptors).toBe((before.no_descriptors ?? 0) + 1);
    expect(now.no_processes).toBe((before.no_processes ?? 0) + 1);
    await thread.stop(5_000);
  });

  test("that can't be started for another reason is a defect of aod", () => {
    const { thread } = anObedientThread({ refusals: [new TypeError("no such file")] });
    expect(() => thread.start()).toThrow("no such file");
  });

  test("that fails for lack of a resource is restarted, whatever the code of its failure", async () => {
    const { thread, restarts, fatal, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "exhaust" });
    await readyTimes(2);
    expect(restarts).toMatchObject([{ code: "OUTPUT_UNUSABLE", exhausted: "EMFILE" }]);
    expect(fatal).toEqual([]);
    await thread.stop(5_000);
  });

  test("that does not answer is restarted", async () => {
    const { thread, restarts, readyTimes } = anObedientThread({ pingEveryMs: 100 });
    thread.start();
    await readyTimes(1);
    thread.post({ type: "spin", ms: 600 });
    await readyTimes(2);
    expect(restarts[0]?.message).toBe("obedient has not answered for 0.1 s");
    await thread.stop(5_000);
  });

  test("that does not answer is silent until its restart is scheduled", async () => {
    const { thread, restarts, readyTimes } = anObedientThread({ pingEveryMs: 200 });
    const isSilent = () => thread.isSilent(monotonicNs());
    thread.start();
    await readyTimes(1);
    await waitUntil(() => !isSilent());
    thread.post({ type: "spin", ms: 800 });
    await waitUntil(isSilent);
    await waitUntil(() => restarts.length > 0);
    // It is being terminated, and has not closed yet.
    expect(isSilent()).toBe(true);
    await readyTimes(2);
    expect(isSilent()).toBe(false);
    await thread.stop(5_000);
  });

  test("that exits unexpectedly is restarted", async () => {
    const { thread, restarts, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "end" });
    await readyTimes(2);
    expect(restarts[0]?.message).toBe("obedient exited unexpectedly");
    await thread.stop(5_000);
  });

  test("never runs at the same time as its predecessor", async () => {
    const { thread, readyTimes, mostAlive } = anObedientThread();
    thread.start();
    for (let times = 1; times <= 3; times++) {
      await readyTimes(times);
      thread.post({ type: "throw" });
    }
    await readyTimes(4);
    expect(mostAlive()).toBe(1);
    await thread.stop(5_000);
  });

  test("that does not stop in time is terminated", async () => {
    const { thread, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "spin", ms: 1_500 });
    expect(await thread.stop(50, 60_000)).toBe(true);
  });

  test("that can't be terminated delays the end of the process for a moment only", async () => {
    const { thread, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "spin", ms: 3_000 });
    expect(await thread.stop(10, 10)).toBe(false);
  });

  test("that fails for good is not restarted", async () => {
    const reports: string[] = [];
    const fatal: Failure[] = [];
    const listeners = new Map<string, (event: never) => void>();
    const thread = new ThreadHandle<Told, { type: string }>({
      name: "refused",
      spawn: () => ({
        postMessage: ({ type }: Told) => reports.push(type),
        terminate: () => listeners.get("close")?.({} as never),
        addEventListener: (type: string, listener: (event: never) => void) => listeners.set(type, listener),
      }),
      begin: () => [{ type: "start" }],
      onReport: () => expect.unreachable(),
      onRestart: () => expect.unreachable(),
      onFatal: (failure) => fatal.push(failure),
    });
    thread.start();
    const failure = { code: "NOT_PERMITTED", message: "no", context: {}, stack: undefined, causes: [] };
    listeners.get("message")?.({ data: { type: "failed", failure } } as never);
    expect(fatal).toMatchObject([{ code: "NOT_PERMITTED" }]);
    expect(thread.restarts).toBe(0);
    await thread.stop(10);
  });
});
