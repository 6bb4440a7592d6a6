// Status and live figures: they fit their schemas and show what happened.

import { afterAll, describe, expect, test } from "bun:test";
import * as v from "valibot";
import { liveSchema } from "../../src/api/live.ts";
import { statusSchema } from "../../src/api/status.ts";
import { parseBuiltIn } from "../../src/config/config.ts";
import { Client } from "../../src/demo/traffic.ts";
import { Imitation } from "../../src/kernel/imitation.ts";
import { Figures, type FiguresOptions } from "../../src/supervisor/figures.ts";
import { RunRecord } from "../../src/supervisor/run-record.ts";
import { Suppression } from "../../src/supervisor/suppression.ts";
import { clockPair, monotonicNs } from "../../src/system/clock.ts";
import { anEvent } from "../helpers/event.ts";
import { anIncident } from "../helpers/incident.ts";

const source = new Imitation();
afterAll(() => source.close());

const NOT_WATCHING: FiguresOptions["supervision"] = {
  isWatching: false,
  sinceNs: undefined,
  clientLists: "readable",
  approaches: [],
};

function figuresOf(record: RunRecord, parts: Partial<FiguresOptions> = {}): Figures {
  return new Figures({
    source,
    record,
    config: () => parseBuiltIn().config,
    build: "atomic",
    upkeep: { check: () => undefined },
    troubles: { list: () => [] },
    supervision: {
      isWatching: true,
      sinceNs: monotonicNs() - 60e9,
      clientLists: "readable",
      approaches: [
        {
          rule: "slow",
          share: "//files/db",
          atNs: monotonicNs(),
          counted: 7,
          replies: undefined,
          ratio: 0.7,
        },
      ],
    },
    incidents: {
      open: () => [anIncident({ openedAtMs: 1 }), anIncident({ openedAtMs: 2 })],
      shares: [],
      suppressed: { ...new Suppression(() => undefined).totals, cooldown: 3 },
    },
    losses: { now: () => ({ ring_full: 2, entered: 9 }) },
    ...parts,
  });
}

const at = (epochMs: number) => ({ epochMs, monotonicNs: epochMs * 1e6 });

function send(requests: number): void {
  const client = new Client();
  for (let i = 0; i < requests; i++) {
    const call = client.next();
    source.traffic.enter(call);
    source.traffic.done(call);
  }
}

describe("figures", () => {
  test("are refused after the end: the memory behind them is unmapped", async () => {
    const figures = figuresOf(new RunRecord(0), { supervision: NOT_WATCHING });
    figures.end();
    expect(() => figures.live()).toThrow("aod is stopping");
    expect(figures.status()).rejects.toThrow("aod is stopping");
  });
});

describe("the status", () => {
  test("fits its schema, and has the recorded events, newest first", async () => {
    const record = new RunRecord(Date.now() - 5_000);
    const missing = [{ tracepoint: "smb3_key_expired", reason: "ENOENT" }];
    record.take(anEvent("attached", { missing }), at(7_000));
    record.noteStored({ count: 4, bytes: 5 });
    for (let i = 1; i <= 7; i++) record.take(anEvent("collected"), at(i));
    const status = await figuresOf(record).status();
    expect(v.parse(statusSchema, status)).toEqual(status);
    expect(status.watching).toMatchObject({ state: "watching", since: new Date(7_000).toISOString() });
    const hooks = status.watching.hooks.filter(({ attached }) => !attached);
    expect(hooks).toEqual([{ ...missing[0], level: "signal", attached: false }] as never);
    expect(status.open_incidents.map(({ opened_at }) => Date.parse(opened_at))).toEqual([2, 1]);
    expect(status.last_captures).toHaveLength(5);
    expect(status).toMatchObject({
      captures: { count: 4, bytes: 5 },
      suppressed: { cooldown: 3, bytes: 0 },
      losses: { ring_full: 2, forgotten: 0 },
      cost: { request_ns: null, measured_requests: 0 },
    });
    expect(status.losses.entered).toBeUndefined();
    expect(status.cost.resident_bytes).toBeGreaterThan(1e6);
  });

  test("has no recent requests and no hooks while cifs is not loaded", async () => {
    const record = new RunRecord(Date.now());
    record.take(anEvent("attached"), at(1));
    record.take(anEvent("released"), at(2));
    const status = await figuresOf(record, { supervision: NOT_WATCHING }).status();
    expect(status).toMatchObject({ watching: { state: "waiting", since: null }, window_sec: 0 });
    expect(status.watching.hooks.some(({ attached }) => attached)).toBe(false);
  });
});

describe("live figures", () => {
  test("fit their schema, count requests, and include recently resolved incidents", () => {
    const record = new RunRecord(Date.now());
    const now = clockPair();
    record.take(anEvent("resolved"), { ...now, monotonicNs: now.monotonicNs - 660e9 });
    record.take(anEvent("resolved"), now);
    const figures = figuresOf(record);
    const before = figures.live().total.requests;
    send(500);
    const live = figures.live();
    expect(v.parse(liveSchema, live)).toEqual(live);
    expect(live.total.requests - before).toBe(500);
    expect(live.incidents.map(({ state }) => state).sort()).toEqual(["open", "open", "resolved"]);
    expect(live.losses).toEqual({ ring_full: 2 });
  });
});
