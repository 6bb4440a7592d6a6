import { describe, expect, test } from "bun:test";
import type { Failure } from "../../src/model/failure.ts";
import { ThreadHandle } from "../../src/supervisor/thread-handle.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import { waitUntil } from "../helpers/wait-until.ts";

interface Told {
  readonly type: string;
  readonly ms?: number;
}

function anObedientThread(more: { pingEveryMs?: number } = {}) {
  const reports: string[] = [];
  const restarts: Failure[] = [];
  const fatal: Failure[] = [];
  let alive = 0;
  let mostAlive = 0;
  const thread = new ThreadHandle<Told, { type: string }>({
    name: "obedient",
    spawn: () => {
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
  test("is told to begin, works, and stops when asked", async () => {
    const { thread, reports, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "ping" });
    await waitUntil(() => reports.includes("pulse"));
    expect(await thread.stop(5_000)).toBe(true);
  });

  test("that throws is started again and told to begin again", async () => {
    const { thread, restarts, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "throw" });
    await readyTimes(2);
    expect(restarts).toMatchObject([{ code: "BUG", message: "told to throw" }]);
    expect(thread.restarts).toBe(1);
    await thread.stop(5_000);
  });

  test("that does not answer is started again", async () => {
    const { thread, restarts, readyTimes } = anObedientThread({ pingEveryMs: 100 });
    thread.start();
    await readyTimes(1);
    thread.post({ type: "spin", ms: 600 });
    await readyTimes(2);
    expect(restarts[0]?.message).toBe("obedient has not answered for 0.1 s");
    await thread.stop(5_000);
  });

  test("that does not answer is silent until it is to be started again", async () => {
    const { thread, restarts, readyTimes } = anObedientThread({ pingEveryMs: 200 });
    const isSilent = () => thread.isSilent(monotonicNs());
    thread.start();
    await readyTimes(1);
    await Bun.sleep(450);
    expect(isSilent()).toBe(false);
    thread.post({ type: "spin", ms: 800 });
    await waitUntil(isSilent);
    expect(restarts).toEqual([]);
    await waitUntil(() => restarts.length > 0);
    // Told to end, and not yet gone.
    expect(isSilent()).toBe(true);
    await readyTimes(2);
    expect(isSilent()).toBe(false);
    await thread.stop(5_000);
  });

  test("that ends by itself is started again", async () => {
    const { thread, restarts, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "end" });
    await readyTimes(2);
    expect(restarts[0]?.message).toBe("obedient ended by itself");
    await thread.stop(5_000);
  });

  test("never runs beside the one that it follows", async () => {
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

  test("that does not stop in time is ended", async () => {
    const { thread, readyTimes } = anObedientThread();
    thread.start();
    await readyTimes(1);
    thread.post({ type: "spin", ms: 1_500 });
    expect(await thread.stop(50)).toBe(true);
  });

  test("that fails for good is not started again", async () => {
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
