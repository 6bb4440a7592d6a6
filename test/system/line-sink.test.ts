// Lines to a reader that stops reading: bounded, counted, in order, and never waited for.

import { afterEach, describe, expect, test } from "bun:test";
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { LineSink, nonBlockingWriter } from "../../src/system/line-sink.ts";
import { seeded } from "../helpers/random.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const MAX_BYTES = 100;
const sinks: LineSink[] = [];
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close(0);
});

/** `room`: bytes that the reader takes; undefined: it has gone. */
function aSink() {
  const state = { room: Infinity as number | undefined, dropping: 0, resumed: [] as number[], text: "" };
  const sink = new LineSink({
    tryWrite(bytes) {
      if (state.room === undefined) return undefined;
      const taken = Math.min(bytes.length, state.room);
      state.room -= taken;
      state.text += new TextDecoder().decode(bytes.subarray(0, taken));
      return taken;
    },
    dropping: () => state.dropping++,
    resumed: (dropped) => state.resumed.push(dropped),
    maxBytes: MAX_BYTES,
    retryMs: 1,
  });
  sinks.push(sink);
  return { sink, state };
}

describe("lines to a reader", () => {
  test("that reads are written at once", () => {
    const { sink, state } = aSink();
    sink.write("one\n");
    expect(state).toMatchObject({ text: "one\n", dropping: 0, resumed: [] });
  });

  test("that has stopped are buffered up to the bound; further ones are dropped, and their number is reported when it reads again", async () => {
    const { sink, state } = aSink();
    state.room = 2;
    for (let i = 0; i < 50; i++) sink.write(`line ${i}\n`);
    expect(state.text).toBe("li");
    expect(state.dropping).toBeGreaterThan(30);
    expect(state.resumed).toEqual([]);
    state.room = Infinity;
    await waitUntil(() => state.resumed.length > 0);
    const written = 50 - state.dropping;
    expect(state.text).toBe(Array.from({ length: written }, (_, i) => `line ${i}\n`).join(""));
    expect(state.resumed).toEqual([state.dropping]);
    sink.write("again\n");
    expect(state.text).toEndWith("again\n");
  });

  test("that has gone are dropped, and another reader gets the next ones", () => {
    const { sink, state } = aSink();
    state.room = undefined;
    sink.write("lost\n");
    state.room = Infinity;
    sink.write("heard\n");
    expect(state).toMatchObject({ text: "heard\n", dropping: 1 });
  });

  test("longer than the bound are dropped, and hold up no later one", async () => {
    const { sink, state } = aSink();
    sink.write(`${"x".repeat(MAX_BYTES + 1)}\n`);
    await waitUntil(() => state.resumed.length > 0);
    sink.write("later\n");
    expect(state.text).toBe("later\n");
  });

  test("are whole and in order, and every other one is counted, however the reader reads", async () => {
    const random = seeded();
    const { sink, state } = aSink();
    const sent = 3000;
    for (let i = 0; i < sent; i++) {
      if (random.chance(0.1)) state.room = random.pick([0, 3, 20, 200, Infinity]);
      sink.write(`${i}\n`);
      if (random.chance(0.02)) await Bun.sleep(2);
    }
    state.room = Infinity;
    await sink.close(60_000);
    const numbers = state.text.trimEnd().split("\n").map(Number);
    expect(state.text, random.seedText).toBe(numbers.map((number) => `${number}\n`).join(""));
    expect(numbers, random.seedText).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length + state.dropping, random.seedText).toBe(sent);
  });

  test("end with what the reader takes within the time that is given", async () => {
    const { sink, state } = aSink();
    state.room = 0;
    sink.write("never read\n");
    await sink.close(5);
    expect(state.text).toBe("");
  });
});

describe("a file descriptor that is written to without waiting", () => {
  test("of a full pipe takes nothing, and takes more when it was read", () => {
    const path = join(tempDir(), "fifo");
    expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
    // Both ends in one: opening a FIFO waits for its other end.
    const both = openSync(path, "r+");
    const write = nonBlockingWriter(both);
    const line = new Uint8Array(4096).fill(120);
    let taken = 0;
    for (let got = write?.(line); got !== 0 && got !== undefined; got = write?.(line)) taken += got;
    expect(taken).toBeGreaterThan(4096);
    expect(readSync(both, new Uint8Array(8192))).toBe(8192);
    expect(write?.(line)).toBe(4096);
    closeSync(both);
  });

  test("of a regular file has no such way and needs none", () => {
    const file = openSync(join(tempDir(), "log"), "w");
    expect(nonBlockingWriter(file)).toBe(undefined);
    closeSync(file);
  });
});
