// Connections to the metrics port: their bounds, which one is closed at a bound, and when a silent one is closed.

import { describe, expect, test } from "bun:test";
import {
  ANSWER_MAX_MS,
  CONNECTIONS_OF_ONE_MAX,
  Connections,
  SCRAPERS_MAX,
  SILENT_MAX_MS,
} from "../../src/metrics/connections.ts";
import { seeded } from "../helpers/random.ts";

class Peer {
  isOpen = true;
  destroy(): void {
    this.isOpen = false;
  }
}

function aTable() {
  let refused = 0;
  const table = new Connections<Peer>(() => refused++);
  const connect = (address: string, nowMs = 0): Peer => {
    const peer = new Peer();
    table.opened(peer, address, nowMs);
    return peer;
  };
  return { table, connect, refused: () => refused };
}

describe("connections to the metrics port", () => {
  test("of one address displace only the longest silent one of that address", () => {
    const { connect, refused } = aTable();
    const other = connect("192.0.2.1");
    const peers = Array.from({ length: CONNECTIONS_OF_ONE_MAX + 2 }, () => connect("127.0.0.1"));
    expect(peers.map(({ isOpen }) => isOpen)).toEqual(peers.map((_, i) => i >= 2));
    expect(other.isOpen).toBe(true);
    expect(refused()).toBe(2);
  });

  test("of many addresses displace the longest silent one of all", () => {
    const { table, connect } = aTable();
    const first = connect("127.0.0.0");
    for (let i = 1; i <= SCRAPERS_MAX; i++) connect(`127.0.0.${i}`);
    expect(first.isOpen).toBe(false);
    expect(table.size).toBe(SCRAPERS_MAX);
  });

  test("that are being answered are never displaced; the new one is closed", () => {
    const { table, connect } = aTable();
    const busy = Array.from({ length: CONNECTIONS_OF_ONE_MAX }, () => connect("127.0.0.1"));
    for (const peer of busy) table.asked(peer, 1);
    expect(connect("127.0.0.1").isOpen).toBe(false);
    expect(busy.every(({ isOpen }) => isOpen)).toBe(true);
    expect(table.answering).toBe(CONNECTIONS_OF_ONE_MAX);
  });

  test("are closed when they are silent for too long, and when they do not take their answer", () => {
    const { table, connect, refused } = aTable();
    const [silent, busy, kept] = [connect("a", 0), connect("b", 0), connect("c", 0)];
    table.asked(busy, 0);
    table.asked(kept, 0);
    table.answered(kept, 5);
    table.expire(SILENT_MAX_MS);
    expect([silent, busy, kept].map(({ isOpen }) => isOpen)).toEqual([false, true, true]);
    table.expire(ANSWER_MAX_MS);
    expect([busy, kept].map(({ isOpen }) => isOpen)).toEqual([false, false]);
    expect(refused()).toBe(3);
    expect(table.size).toBe(0);
  });

  test("never exceed their bounds, and a new one that asks at once stays open", () => {
    const random = seeded();
    const { table, connect } = aTable();
    const open = new Map<Peer, string>();
    for (let nowMs = 0; nowMs < 20_000; nowMs++) {
      const address = `127.0.0.${random.int(1, 9)}`;
      const peer = connect(address, nowMs);
      open.set(peer, address);
      const some = random.pick([...open.keys()] as [Peer, ...Peer[]]);
      if (random.chance(0.02)) table.asked(some, nowMs);
      if (random.chance(0.5)) table.answered(some, nowMs);
      if (random.chance(0.1)) {
        table.closed(some);
        open.delete(some);
      }
      if (random.chance(0.01)) table.expire(nowMs);
      for (const [one] of open) if (!one.isOpen) open.delete(one);
      expect(table.size, random.seedText).toBe(open.size);
      expect(open.size, random.seedText).toBeLessThanOrEqual(SCRAPERS_MAX);
      const ofOne = [...open.values()].filter((one) => one === address).length;
      expect(ofOne, random.seedText).toBeLessThanOrEqual(CONNECTIONS_OF_ONE_MAX);
      if (table.answering === 0) expect(peer.isOpen || !open.has(peer), random.seedText).toBe(true);
    }
  });
});
