// More minutes than the flight recorder has: on a busy host it holds seconds, and who watches has seen the ones before. In: two
// documents; out: the newer one with what the older one knew. Pure.

import { type Live, SECONDS_MAX } from "../api/live.ts";

/**
 * The newer as it is where a second between them is missing, or where the clock of the machine began anew. Of a second that both
 * have, the reading with more requests: what the recorder loses first began first, and what took long began long before it ended.
 */
export function withEarlier(before: Live | undefined, live: Live): Live {
  if (before === undefined || before.last_second > live.last_second) return live;
  const first = live.last_second - live.seconds.length + 1;
  const firstBefore = before.last_second - before.seconds.length + 1;
  if (before.last_second < first - 1) return live;
  const begin = Math.max(Math.min(first, firstBefore), live.last_second - SECONDS_MAX + 1);
  const seconds = Array.from({ length: live.last_second - begin + 1 }, (_, i) => {
    const [old, now] = [before.seconds[begin + i - firstBefore], live.seconds[begin + i - first]];
    return old !== undefined && (now === undefined || old.requests > now.requests) ? old : now;
  });
  return { ...live, seconds: seconds.filter((second) => second !== undefined) };
}
