import { describe, expect, test } from "bun:test";
import { Client } from "../../src/demo/traffic.ts";
import { COMMAND } from "../../src/model/command.ts";

describe("synthetic traffic", () => {
  test("every thousand calls contain the mix exactly", () => {
    const client = new Client();
    for (let round = 0; round < 3; round++) {
      const calls = Array.from({ length: 1000 }, () => client.next());
      const reads = calls.filter(({ command }) => command === COMMAND.SMB2_READ).length;
      const flushes = calls.filter(({ command }) => command === COMMAND.SMB2_FLUSH).length;
      expect([reads, flushes]).toEqual([420, 15]);
    }
  });

  test("message ids increase by the credits of the previous call", () => {
    const client = new Client();
    const calls = Array.from({ length: 2000 }, () => client.next());
    const steps = calls.slice(1).map(({ messageId }, i) => Number(messageId - (calls[i]?.messageId ?? 0n)));
    expect(new Set(steps)).toEqual(new Set([1, 4, 16]));
  });
});
