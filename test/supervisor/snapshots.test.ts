// Captures on demand whose callers wait.

import { describe, expect, test } from "bun:test";
import { Snapshots } from "../../src/supervisor/snapshots.ts";
import { anEvent } from "../helpers/event.ts";

const collected = anEvent("collected");
const of = (orderId: number) => ({ ...collected, capture: { ...collected.capture, orderId } });

describe("a capture on demand", () => {
  test("reports its own progress and outcome to its caller", async () => {
    const reasons: (string | undefined)[] = [];
    const snapshots = new Snapshots((reason) => reasons.push(reason) + 6);
    const steps: number[] = [];
    const ended = snapshots.ask("it is slow", ({ ended }) => steps.push(ended));
    snapshots.take(anEvent("progress", { orderId: 7, ended: 1 }));
    snapshots.take(anEvent("progress", { orderId: 8, ended: 9 }));
    snapshots.take(anEvent("progress", { orderId: 7, ended: 2 }));
    snapshots.take(of(8));
    snapshots.take(of(7));
    snapshots.take(anEvent("progress", { orderId: 7, ended: 3 }));
    expect(await ended).toEqual({ capture: of(7).capture });
    expect(steps).toEqual([1, 2]);
    expect(reasons).toEqual(["it is slow"]);
  });

  test("may be dropped, also before the order has a number", async () => {
    const late = new Snapshots(() => 1);
    const refused = late.ask(undefined, () => expect.unreachable());
    late.take(anEvent("dropped", { orderId: 1, reason: "the disk is full" }));
    expect(await refused).toMatchObject({ refusal: "the disk is full" });

    const early: Snapshots = new Snapshots(() => {
      early.take(anEvent("dropped", { orderId: 5, reason: "the runner is restarting" }));
      return 5;
    });
    expect(await early.ask(undefined, () => expect.unreachable())).toMatchObject({
      refusal: "the runner is restarting",
    });
  });
});
