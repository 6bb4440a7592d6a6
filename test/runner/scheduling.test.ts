import { describe, expect, test } from "bun:test";
import { Precedence, runInSlices, Slots } from "../../src/runner/scheduling.ts";
import { seeded } from "../helpers/random.ts";

describe("slots", () => {
  test("run all tasks in order, no more at the same time than there are slots", async () => {
    const slots = new Slots(4);
    const random = seeded();
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const task = (index: number) => async () => {
      started.push(index);
      most = Math.max(most, ++running);
      await Bun.sleep(random.int(0, 3));
      running--;
      return index;
    };
    const results = await Promise.all(Array.from({ length: 40 }, (_, index) => slots.run(task(index))));
    expect(results).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(started).toEqual(results);
    expect(most).toBe(4);
  });

  test("are free again after a task that threw", async () => {
    const slots = new Slots(1);
    const failing = slots.run(() => Promise.reject(new Error("no")));
    const next = slots.run(async () => "yes");
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("yes");
  });

  test("are not taken from a waiting task by a later one", async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    const first = slots.run(async () => order.push("first"));
    const second = slots.run(async () => order.push("second"));
    await first;
    const third = slots.run(async () => order.push("third"));
    await Promise.all([second, third]);
    expect(order).toEqual(["first", "second", "third"]);
  });
});

describe("precedence", () => {
  test("gives the next time slice after due events have been handled", async () => {
    const { nextSlice } = new Precedence();
    const log: string[] = [];
    setImmediate(() => log.push("event"));
    await nextSlice();
    expect(log).toEqual(["event"]);
  });

  test("gives no time slice while a read is in progress, even if another has ended or failed", async () => {
    const precedence = new Precedence();
    const log: string[] = [];
    const [one, two] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
    const reads = [precedence.readFirst(() => one.promise), precedence.readFirst(() => two.promise)];
    const writing = precedence.nextSlice().then(() => log.push("written"));
    one.resolve(1);
    expect(await reads[0]).toBe(1);
    await Bun.sleep(5);
    expect(log).toEqual([]);
    two.reject(new Error("gone"));
    expect(reads[1]).rejects.toThrow("gone");
    await writing;
    expect(log).toEqual(["written"]);
  });
});

describe("work in time slices", () => {
  const { nextSlice } = new Precedence();

  function* work(log: string[]): Generator<string, number, void> {
    try {
      yield "a";
      yield "b";
      return 2;
    } finally {
      log.push("closed");
    }
  }

  test("hands over each piece, and events are handled between two pieces", async () => {
    const log: string[] = [];
    setImmediate(() => log.push("event"));
    expect(await runInSlices(work(log), (piece) => log.push(piece), nextSlice)).toBe(2);
    expect(log).toEqual(["a", "event", "b", "closed"]);
  });

  test("ends if a piece can't be taken", async () => {
    const log: string[] = [];
    const taking = runInSlices(
      work(log),
      () => {
        throw new Error("full");
      },
      nextSlice,
    );
    expect(taking).rejects.toThrow("full");
    expect(log).toEqual(["closed"]);
  });
});
