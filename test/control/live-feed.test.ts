// Live figures: made for who listens, and for nobody else.

import { describe, expect, test } from "bun:test";
import type { Live } from "../../src/api/live.ts";
import { LiveFeed, type LiveListener } from "../../src/control/live-feed.ts";
import { aLive } from "../helpers/live.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** One to whom nothing goes wrong. */
function listener(hear: (live: Live) => void): LiveListener {
  return { isReady: () => true, hear, failed: (thrown) => expect.unreachable(String(thrown)) };
}

function counted() {
  const looks: number[] = [];
  return { looks, feed: new LiveFeed(() => aLive({ in_flight_total: looks.push(performance.now()) })) };
}

describe("a feed", () => {
  test("looks when somebody comes, again at their pace, and never once they have gone", async () => {
    const { looks, feed } = counted();
    await Bun.sleep(30);
    expect(looks).toEqual([]);
    const heard: number[] = [];
    const end = feed.listen(
      20,
      listener(({ in_flight_total }) => heard.push(in_flight_total)),
    );
    expect(heard).toEqual([1]);
    await waitUntil(() => heard.length >= 4);
    end();
    const seen = looks.length;
    await Bun.sleep(80);
    expect(looks).toHaveLength(seen);
    expect(heard).toEqual(looks.map((_, i) => i + 1));
  });

  test("looks once for all who are due together", async () => {
    const { looks, feed } = counted();
    const heard = [0, 0, 0];
    const ends = heard.map((_, i) =>
      feed.listen(
        50,
        listener(() => heard.splice(i, 1, (heard[i] ?? 0) + 1)),
      ),
    );
    await waitUntil(() => heard.every((count) => count >= 5));
    for (const end of ends) end();
    expect(looks.length).toBeLessThan((heard[0] ?? 0) + (heard[1] ?? 0) + (heard[2] ?? 0));
  });

  test("does not look for who would not take it, and does again when they would", async () => {
    const { looks, feed } = counted();
    let isReady = true;
    let heard = 0;
    const end = feed.listen(10, { ...listener(() => void heard++), isReady: () => isReady });
    await waitUntil(() => heard >= 2);
    isReady = false;
    const seen = looks.length;
    await Bun.sleep(60);
    expect(looks).toHaveLength(seen);
    isReady = true;
    await waitUntil(() => heard > seen);
    end();
  });

  test("goes on for the others when one goes while it hears", async () => {
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

describe("a look that fails", () => {
  /** @param fails whether this look does, counted from 1. */
  function failing(fails: (look: number) => boolean) {
    let looks = 0;
    const look = () => {
      if (fails(++looks)) throw new Error(`broken ${looks}`);
      return aLive();
    };
    return { feed: new LiveFeed(look), looks: () => looks };
  }

  test("the first one is told to who asked, who is then not served any more", async () => {
    const { feed, looks } = failing(() => true);
    const failures: string[] = [];
    const end = feed.listen(10, {
      isReady: () => true,
      hear: () => expect.unreachable(),
      failed: (thrown) => failures.push(String(thrown)),
    });
    await Bun.sleep(50);
    expect([failures, looks()]).toEqual([["Error: broken 1"], 1]);
    end();
  });

  test("a later one is told to who was due, and the feed goes on for others", async () => {
    const { feed } = failing((look) => look === 3);
    const failures: string[] = [];
    let heard = 0;
    let others = 0;
    const ends = [
      feed.listen(50, {
        isReady: () => true,
        hear: () => void heard++,
        failed: (thrown) => failures.push(String(thrown)),
      }),
      // Is not due when the third look is.
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

  test("so is what one listener can't take: the others of the same moment hear it", async () => {
    const { feed } = counted();
    let heard = 0;
    const failures: string[] = [];
    const end = feed.listen(
      10,
      listener(() => void heard++),
    );
    feed.listen(10, {
      isReady: () => true,
      hear: () => {
        throw new Error("no ear");
      },
      failed: (thrown) => failures.push(String(thrown)),
    });
    await waitUntil(() => heard >= 3);
    end();
    expect(failures).toEqual(["Error: no ear"]);
  });
});
