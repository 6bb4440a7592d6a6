// Which line a request gets (bpf/table.h, bpf/enter.h), and what becomes of the one that was there.

import { expect, test } from "bun:test";
import { FLAG, KIND } from "../../src/model/request.gen.ts";
import { CIFSD, CREATE, crowd, describeBuilds, done, enter, READ, REPLIED, silence } from "./script.ts";

describeBuilds("places in the table", (play) => {
  const many = (numbers: readonly number[]) =>
    numbers.flatMap((n) => [enter(0, n, READ, crowd(n)), done(CIFSD, READ, crowd(n))]);

  test("the fifth request of a set takes the line of the oldest", async () => {
    const { lines, counters } = await play([...silence, ...many([1, 2, 3, 4, 5, 6])]);
    expect(lines.map(({ treeId }) => treeId).sort()).toEqual([3, 4, 5, 6]);
    expect(counters).toMatchObject({ entered: 6, replied: 6, evicted: 0 });
  });

  test("requests in flight keep their lines while others pass", async () => {
    const { line, counters } = await play([
      ...silence,
      enter(0, 1, READ, crowd(1)),
      ...many([2, 3, 4, 5, 6, 7, 8, 9]),
      done(CIFSD, READ, crowd(1)),
    ]);
    expect(line(1)?.flags).toBe(REPLIED);
    expect(counters).toMatchObject({ replied: 9, evicted: 0 });
  });

  test("a request that was in flight for long loses its line first once it is complete", async () => {
    const { lines } = await play([
      ...silence,
      enter(0, 1, READ, crowd(1)),
      ...many([2, 3, 4, 5]),
      done(CIFSD, READ, crowd(1)),
      ...many([6]),
    ]);
    expect(lines.map(({ treeId }) => treeId).sort()).toEqual([3, 4, 5, 6]);
  });

  test("a fifth request in flight takes the line of the oldest, which user space then tracks", async () => {
    const { line, counters, records, tasks } = await play([
      ...silence,
      ...[1, 2, 3, 4, 5].map((n) => enter(0, n, CREATE, crowd(n))),
      done(0, CREATE, crowd(1)),
    ]);
    expect(line(1)).toBeUndefined();
    expect(counters).toMatchObject({ entered: 5, evicted: 1, unpaired: 1 });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      kind: KIND.EVICTED,
      treeId: 1,
      latencyNs: 0,
      messageId: crowd(1),
      taskId: tasks.get(0) ?? -1,
    });
  });

  test("the reply to a READ that lost its line is never taken for the reply to another READ of its key", async () => {
    const { line, counters, ghosts } = await play([
      ...silence,
      ...[1, 2, 3, 4, 5].map((n) => enter(0, n, READ, crowd(n))),
      enter(1, 6, READ, crowd(1)),
      done(CIFSD, READ, crowd(1)),
      done(CIFSD, READ, crowd(1)),
    ]);
    expect(line(6)?.flags).toBe(REPLIED | FLAG.AMBIGUOUS);
    expect(counters).toMatchObject({ evicted: 2, ambiguous: 1, unpaired: 1, forgotten: 0 });
    // Of the second that was evicted; the first one's reply came.
    expect(ghosts).toBe(1);
  });

  test("the ids of a session at a charge of 64 use every set", async () => {
    const requests = Array.from({ length: 4096 }, (_, i) => enter(0, i + 1, READ, BigInt(i * 64)));
    const { lines, counters } = await play(requests);
    expect(lines).toHaveLength(4096);
    expect(counters.evicted).toBe(0);
  });
});
