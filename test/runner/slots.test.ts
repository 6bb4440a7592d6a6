import { describe, expect, test } from "bun:test";
import { Slots } from "../../src/runner/slots.ts";
import { seeded } from "../helpers/random.ts";

describe("slots", () => {
  test("run no more at once than there are, all of them, in order", async () => {
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

  test("are not taken by a late comer from one who waits", async () => {
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
