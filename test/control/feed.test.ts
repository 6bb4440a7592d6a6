// Live figures: made for who listens, and for nobody else.

import { describe, expect, test } from "bun:test";
import { Feed } from "../../src/control/feed.ts";
import { aLive } from "../helpers/live.ts";
import { waitUntil } from "../helpers/wait-until.ts";

function counted() {
  const looks: number[] = [];
  return { looks, feed: new Feed(() => aLive({ in_flight_total: looks.push(performance.now()) })) };
}

describe("a feed", () => {
  test("looks when somebody comes, again at their pace, and never once they have gone", async () => {
    const { looks, feed } = counted();
    await Bun.sleep(30);
    expect(looks).toEqual([]);
    const heard: number[] = [];
    const end = feed.listen(20, ({ in_flight_total }) => heard.push(in_flight_total));
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
    const ends = heard.map((_, i) => feed.listen(50, () => heard.splice(i, 1, (heard[i] ?? 0) + 1)));
    await waitUntil(() => heard.every((count) => count >= 5));
    for (const end of ends) end();
    expect(looks.length).toBeLessThan((heard[0] ?? 0) + (heard[1] ?? 0) + (heard[2] ?? 0));
  });

  test("goes on for the others when one goes while it hears", async () => {
    const { feed } = counted();
    let heard = 0;
    const end = feed.listen(10, () => void heard++);
    let endOther: (() => void) | undefined;
    let times = 0;
    endOther = feed.listen(10, () => {
      if (++times === 2) endOther?.();
    });
    await waitUntil(() => heard >= 5);
    end();
    expect(times).toBe(2);
  });
});
