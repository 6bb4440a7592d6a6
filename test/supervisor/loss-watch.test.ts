import { describe, expect, test } from "bun:test";
import type { Losses } from "../../src/model/capture.ts";
import type { SupervisorEvent } from "../../src/supervisor/events.ts";
import { LossWatch } from "../../src/supervisor/loss-watch.ts";
import type { RunnerCounts } from "../../src/thread/messages.ts";

const RUNNER: RunnerCounts = {
  captured: 0,
  failed: 0,
  busy: 0,
  losses: { abandoned_children: 2 },
  leftovers: 0,
  notices: { notified: 0, failed: 0, dropped: 0 },
};

function aWatch(counters: Losses) {
  const published: SupervisorEvent[] = [];
  const kernel: Record<string, number> = { ...counters };
  return {
    kernel,
    published,
    watch: new LossWatch(
      () => kernel,
      (event) => published.push(event),
    ),
  };
}

describe("losses", () => {
  test("are the counts of the kernel and those of the last pulse of each thread", () => {
    const { watch } = aWatch({ entered: 7, ring_full: 2 });
    expect(watch.now()).toMatchObject({ entered: 7, ring_full: 2, unfollowed: 0 });
    watch.note({ runner: RUNNER });
    expect(watch.now()).toMatchObject({ ring_full: 2, abandoned_children: 2 });
    expect(watch.threads).toEqual({ detector: undefined, runner: RUNNER });
  });

  test("are published by cause, each loss once", () => {
    const { kernel, published, watch } = aWatch({ entered: 7, ring_full: 2 });
    watch.begin();
    watch.end();
    expect(published).toEqual([{ type: "lost", cause: "ring_full", count: 2 }]);
    kernel.ring_full = 5;
    kernel.entered = 9;
    watch.end();
    expect(published.slice(1)).toEqual([{ type: "lost", cause: "ring_full", count: 3 }]);
  });
});
