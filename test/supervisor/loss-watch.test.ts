import { describe, expect, test } from "bun:test";
import type { Losses } from "../../src/model/capture.ts";
import type { SupervisorEvent } from "../../src/supervisor/events.ts";
import { LossWatch } from "../../src/supervisor/loss-watch.ts";
import type { RunnerCounts } from "../../src/thread/messages.ts";

const RUNNER: RunnerCounts = {
  ...{ captured: 0, failed: 0, busy: 0, losses: { abandoned_children: 2 }, leftovers: 0 },
  notices: { notified: 0, failed: 0, dropped: 0 },
};

function aWatch(counters: Losses) {
  const told: SupervisorEvent[] = [];
  const kernel: Record<string, number> = { ...counters };
  return {
    kernel,
    told,
    watch: new LossWatch(
      () => kernel,
      (event) => told.push(event),
    ),
  };
}

describe("what was lost", () => {
  test("is what the kernel counted, and what the threads did with their last pulse", () => {
    const { watch } = aWatch({ entered: 7, ring_full: 2 });
    expect(watch.now()).toMatchObject({ entered: 7, ring_full: 2, unfollowed: 0 });
    watch.note({ runner: RUNNER });
    expect(watch.now()).toMatchObject({ ring_full: 2, abandoned_children: 2 });
    expect(watch.threads).toEqual({ detector: undefined, runner: RUNNER });
  });

  test("is told by cause, each loss once", () => {
    const { kernel, told, watch } = aWatch({ entered: 7, ring_full: 2 });
    watch.begin();
    watch.end();
    expect(told).toEqual([{ type: "lost", cause: "ring_full", count: 2 }]);
    kernel.ring_full = 5;
    kernel.entered = 9;
    watch.end();
    expect(told.slice(1)).toEqual([{ type: "lost", cause: "ring_full", count: 3 }]);
  });
});
