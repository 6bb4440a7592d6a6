import { describe, expect, test } from "bun:test";
import { SAMPLE_EVERY_NS, Sampler } from "../../src/supervisor/sampler.ts";

const event = (type: "attached" | "resolved" | "opened") => ({ type });

function aSampler(runner = { isThere: true }) {
  const sent: string[] = [];
  const sampler = new Sampler((reason) => {
    if (runner.isThere) sent.push(reason);
    return runner.isThere;
  });
  return { sampler, sent };
}

describe("a sample is due", () => {
  test("when aod attaches, whether or not incidents are open", () => {
    const { sampler, sent } = aSampler();
    sampler.consider(event("attached"), 2, 0);
    expect(sent).toEqual(["attached"]);
  });

  test("when the last open incident is resolved, and not before", () => {
    const { sampler, sent } = aSampler();
    sampler.consider(event("resolved"), 1, 0);
    sampler.consider(event("opened"), 0, 0);
    expect(sent).toEqual([]);
    sampler.consider(event("resolved"), 0, 1);
    expect(sent).toEqual(["resolved"]);
  });

  test("not again within ten seconds", () => {
    const { sampler, sent } = aSampler();
    for (const nowNs of [0, SAMPLE_EVERY_NS - 1, SAMPLE_EVERY_NS, SAMPLE_EVERY_NS + 1])
      sampler.consider(event("attached"), 0, nowNs);
    expect(sent).toHaveLength(2);
  });

  test("when a runner was restarted, since it has no sample, unless an incident is open", () => {
    const { sampler, sent } = aSampler();
    sampler.runnerStarted(0, 0);
    expect(sent).toEqual([]);
    sampler.consider(event("attached"), 0, 1);
    sampler.runnerStarted(1, 2);
    expect(sent).toEqual(["attached"]);
    sampler.consider(event("resolved"), 0, 3);
    sampler.runnerStarted(0, 4);
    expect(sent).toEqual(["attached", "resolved", "restarted"]);
  });

  test("again at once if there was no runner to take it", () => {
    const runner = { isThere: false };
    const { sampler, sent } = aSampler(runner);
    sampler.consider(event("resolved"), 0, 0);
    runner.isThere = true;
    sampler.consider(event("attached"), 0, 1);
    expect(sent).toEqual(["attached"]);
  });
});
