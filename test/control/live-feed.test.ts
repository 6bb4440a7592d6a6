// Live figures are read for listeners only.

import { describe, expect, test } from "bun:test";
import type { Live } from "../../src/api/live.ts";
import { LiveFeed, type LiveListener } from "../../src/control/live-feed.ts";
import { aLive } from "../helpers/live.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** A listener that never fails. */
function listener(send: (live: Live) => void): LiveListener {
  return { isReady: () => true, send, failed: (thrown) => expect.unreachable(String(thrown)) };
}

function counted() {
  const reads: number[] = [];
  return { reads, feed: new LiveFeed(() => aLive({ in_flight_total: reads.push(performance.now()) })) };
}

describe("a feed", () => {
  test("reads the figures when a listener is added, then at its interval, and never after it was removed", async () => {
    const { reads, feed } = counted();
    await Bun.sleep(30);
    expect(reads).toEqual([]);
    const heard: number[] = [];
    const end = feed.listen(
      20,
      listener(({ in_flight_total }) => heard.push(in_flight_total)),
    );
    expect(heard).toEqual([1]);
    await waitUntil(() => heard.length >= 4);
    end();
    const seen = reads.length;
    await Bun.sleep(80);
    expect(reads).toHaveLength(seen);
    expect(heard).toEqual(reads.map((_, i) => i + 1));
  });

  test("reads the figures once for all listeners that are due together", async () => {
    const { reads, feed } = counted();
    const heard = [0, 0, 0];
    const ends = heard.map((_, i) =>
      feed.listen(
        50,
        listener(() => heard.splice(i, 1, (heard[i] ?? 0) + 1)),
      ),
    );
    await waitUntil(() => heard.every((count) => count >= 5));
    for (const end of ends) end();
    expect(reads.length).toBeLessThan((heard[0] ?? 0) + (heard[1] ?? 0) + (heard[2] ?? 0));
  });

  test("reads nothing for a listener that is not ready, and reads again when it is", async () => {
    const { reads, feed } = counted();
    let isReady = true;
    let heard = 0;
    const end = feed.listen(10, { ...listener(() => void heard++), isReady: () => isReady });
    await waitUntil(() => heard >= 2);
    isReady = false;
    const seen = reads.length;
    await Bun.sleep(60);
    expect(reads).toHaveLength(seen);
    isReady = true;
    await waitUntil(() => heard > seen);
    end();
  });

  test("serves the others when a listener is removed while it is served", async () => {
    const { feed } = counted();
    let heard = 0;
    const end = feed.listen(
      10,
      listener(() => void heard++),
    );
    let endOther: (() => void) | undefined;
    let times = 0;
    endOther = feed.listen(
      10,
      listener(() => {
        if (++times === 2) endOther?.();
      }),
    );
    await waitUntil(() => heard >= 5);
    end();
    expect(times).toBe(2);
  });
});

describe("figures that can't be read", () => {
  /** @param fails whether this reading fails, counted from 1. */
  function failing(fails: (reading: number) => boolean) {
    let reads = 0;
    const read = () => {
      if (fails(++reads)) throw new Error(`broken ${reads}`);
      return aLive();
    };
    return { feed: new LiveFeed(read), reads: () => reads };
  }

  test("a failure at the first reading is reported to the listener, which is then removed", async () => {
    const { feed, reads } = failing(() => true);
    const failures: string[] = [];
    const end = feed.listen(10, {
      isReady: () => true,
      send: () => expect.unreachable(),
      failed: (thrown) => failures.push(String(thrown)),
    });
    await Bun.sleep(50);
    expect([failures, reads()]).toEqual([["Error: broken 1"], 1]);
    end();
  });

  test("a later failure is reported to the listeners that were due; the others are still served", async () => {
    const { feed } = failing((reading) => reading === 3);
    const failures: string[] = [];
    let heard = 0;
    let others = 0;
    const ends = [
      feed.listen(50, {
        isReady: () => true,
        send: () => void heard++,
        failed: (thrown) => failures.push(String(thrown)),
      }),
      // It is not due at the third reading.
      feed.listen(
        500,
        listener(() => void others++),
      ),
    ];
    await waitUntil(() => others >= 2);
    for (const end of ends) end();
    expect(failures).toEqual(["Error: broken 3"]);
    expect(heard).toBe(1);
  });

  test("a listener whose send fails is removed; others of the same moment are served", async () => {
    const { feed } = counted();
    let heard = 0;
    const failures: string[] = [];
    const end = feed.listen(
      10,
      listener(() => void heard++),
    );
    feed.listen(10, {
      isReady: () => true,
      send: () => {
        throw new Error("no listener");
      },
      failed: (thrown) => failures.push(String(thrown)),
    });
    await waitUntil(() => heard >= 3);
    end();
    expect(failures).toEqual(["Error: no listener"]);
  });
});
