// Closing what no reply will ever close (bpf/reap.h).

import { expect, test } from "bun:test";
import { FLAG } from "../../src/model/request.gen.ts";
import type { Operation } from "./driver.ts";
import { CREATE, crowd, describeBuilds, done, enter, READ, REPLIED, SESSION } from "./script.ts";

describeBuilds("the reaper", (play) => {
  const reap = (entered: number, command: number, messageId: bigint): Operation => ({
    verb: "reap",
    thread: 1,
    entered,
    sender: 0,
    command,
    messageId,
    sessionId: SESSION,
  });

  test.each([
    ["READ", READ],
    ["CREATE", CREATE],
  ] as const)("closes a %s for which no reply will come, from any task, once", async (_, command) => {
    const { line, results, counters, records } = await play([
      enter(0, 1, command, 7n),
      reap(0, command, 7n),
      reap(0, command, 7n),
      done(0, command, 7n),
    ]);
    expect(results.slice(1, 3).map(({ returned }) => returned)).toEqual([1, 0]);
    expect(line(1)).toMatchObject({ flags: FLAG.REAPED });
    expect(line(1)?.latencyNs).toBeGreaterThan(0);
    expect(counters).toMatchObject({ reaped: 1, unpaired: 1, replied: 0 });
    expect(records).toEqual([]);
  });

  test("leaves alone what was answered, and another request in the same place", async () => {
    const { results, line } = await play([
      enter(0, 1, CREATE, 7n),
      done(0, CREATE, 7n),
      enter(0, 2, CREATE, 7n),
      reap(0, CREATE, 7n),
    ]);
    expect(results[3]?.returned).toBe(0);
    expect([line(1)?.flags, line(2)?.flags]).toEqual([REPLIED, 0]);
  });

  test("lays the ghost of a READ that lost its line", async () => {
    const { results, ghosts } = await play([
      ...[0, 1, 2, 3, 4].map((n) => enter(0, n + 1, READ, crowd(n))),
      reap(0, READ, crowd(0)),
      reap(0, READ, crowd(0)),
    ]);
    expect(results.slice(5, 7).map(({ returned }) => returned)).toEqual([2, 0]);
    expect(ghosts).toBe(0);
  });
});
