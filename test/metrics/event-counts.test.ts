import { describe, expect, test } from "bun:test";
import { parseBuiltIn } from "../../src/config/config.ts";
import { EventCounts } from "../../src/metrics/event-counts.ts";
import type { Sample } from "../../src/metrics/exposition.ts";
import { ALL_EVENTS, anEvent } from "../helpers/event.ts";

const { config } = parseBuiltIn();

function configured(counts: EventCounts, rules = config.rules): void {
  counts.take({ type: "configured", config: { ...config, rules }, isStart: true });
}

/** Labels and values of the samples over 0. */
function over0(samples: readonly Sample[]) {
  return samples.filter(({ value }) => value > 0).map(({ labels, value }) => [...labels, value]);
}

describe("events", () => {
  test("are counted by their labels", () => {
    const counts = new EventCounts(() => 5_000);
    configured(counts);
    for (const type of ["opened", "collected", "collected", "dropped", "notified", "restarting"] as const)
      counts.take(anEvent(type));
    const samples = counts.samples();
    expect(over0(samples.incidents_opened)).toEqual([["slow", "slow", 1]]);
    expect(over0(samples.captures_made)).toEqual([["slow", 2]]);
    expect(over0(samples.captures_dropped)).toEqual([["slow", 1]]);
    expect(over0(samples.capture_verdicts)).toEqual([["server", 2]]);
    expect(over0(samples.notifications)).toHaveLength(1);
    expect(over0(samples.thread_restarts)).toHaveLength(1);
    expect(samples.config_last_reload_success_timestamp_seconds[0]?.value).toBe(5);
  });

  test("begin at 0 for every rule and cause, so that the first one is an increase", () => {
    const counts = new EventCounts(() => 0);
    configured(counts);
    const { incidents_opened, captures_made } = counts.samples();
    const rules = config.rules.map(({ name }) => name);
    expect(new Set(incidents_opened.map(({ labels }) => labels[0]))).toEqual(new Set(rules));
    expect(captures_made.map(({ labels }) => labels[0])).toEqual(["manual", ...rules]);
    expect(over0(incidents_opened)).toEqual([]);
  });

  test("of rules that a reload removed are dropped, those of other rules stay", () => {
    const counts = new EventCounts(() => 0);
    const [first, second] = config.rules as [(typeof config.rules)[0], (typeof config.rules)[0]];
    configured(counts, [{ ...first, name: "slow" }, second]);
    counts.take(anEvent("opened"));
    configured(counts, [{ ...first, name: "slow" }]);
    expect(over0(counts.samples().incidents_opened)).toEqual([["slow", "slow", 1]]);
    configured(counts, [second]);
    expect(counts.samples().incidents_opened.map(({ labels }) => labels[0])).not.toContain("slow");
  });

  test("say whether the last configuration is in use", () => {
    const counts = new EventCounts(() => 0);
    const now = () => counts.samples().config_last_reload_successful[0]?.value;
    expect(now()).toBe(1);
    counts.reloaded("aod.yaml: 2 errors");
    expect(now()).toBe(0);
    counts.reloaded(undefined);
    expect(now()).toBe(1);
  });

  test("of every type are accepted", () => {
    const counts = new EventCounts(() => 0);
    configured(counts);
    for (const event of ALL_EVENTS) if (event.type !== "configured") counts.take(event);
    expect(Object.values(counts.samples()).flat().length).toBeGreaterThan(20);
  });
});
