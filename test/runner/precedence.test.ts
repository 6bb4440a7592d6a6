// Who looks goes before who writes.

import { describe, expect, test } from "bun:test";
import { Precedence } from "../../src/runner/precedence.ts";

describe("precedence", () => {
  test("who writes has a turn when others had theirs", async () => {
    const { turn } = new Precedence();
    const log: string[] = [];
    setImmediate(() => log.push("others"));
    await turn();
    expect(log).toEqual(["others"]);
  });

  test("who writes waits until nobody looks, whoever began when, and however it ended", async () => {
    const precedence = new Precedence();
    const log: string[] = [];
    const [one, two] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
    const looks = [precedence.first(() => one.promise), precedence.first(() => two.promise)];
    const writing = precedence.turn().then(() => log.push("written"));
    one.resolve(1);
    expect(await looks[0]).toBe(1);
    await Bun.sleep(5);
    expect(log).toEqual([]);
    two.reject(new Error("gone"));
    expect(looks[1]).rejects.toThrow("gone");
    await writing;
    expect(log).toEqual(["written"]);
  });
});
