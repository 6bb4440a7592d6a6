// More minutes than the flight recorder has: on a busy host it holds seconds, and who watches has seen the ones before. In: two
// documents; out: the newer one with what the older one knew. Pure.

import { type Live, SECONDS_MAX } from "../api/live.ts";

/** The newer as it is where a second between them is missing, or where the clock of the machine began anew. */
export function withEarlier(before: Live | undefined, live: Live): Live {
  if (before === undefined || before.last_second > live.last_second) return live;
  const first = live.last_second - live.seconds.length + 1;
  // Of those that both have, the newer one's.
  const more = first - 1 - before.last_second;
  if (more > 0) return live;
  const earlier = before.seconds.slice(0, Math.max(0, before.seconds.length + more));
  return { ...live, seconds: [...earlier, ...live.seconds].slice(-SECONDS_MAX) };
}
