// Long work in pieces.

import { describe, expect, test } from "bun:test";
import { Precedence } from "../../src/runner/precedence.ts";
import { byTurns } from "../../src/runner/turns.ts";

const { turn } = new Precedence();

describe("work by turns", () => {
  function* work(log: string[]): Generator<string, number, void> {
    try {
      yield "a";
      yield "b";
      return 2;
    } finally {
      log.push("closed");
    }
  }

  test("hands over each piece, and others have a turn between", async () => {
    const log: string[] = [];
    setImmediate(() => log.push("others"));
    expect(await byTurns(work(log), (piece) => log.push(piece), turn)).toBe(2);
    expect(log).toEqual(["a", "others", "b", "closed"]);
  });

  test("ends where somebody can't take a piece", async () => {
    const log: string[] = [];
    const taking = byTurns(
      work(log),
      () => {
        throw new Error("full");
      },
      turn,
    );
    expect(taking).rejects.toThrow("full");
    expect(log).toEqual(["closed"]);
  });
});
