// Extends the history beyond the flight recorder, which holds only seconds on a busy host: merges the newer document
// with the seconds of the older one. Pure.

import { type Live, SECONDS_MAX } from "../api/live.ts";

/**
 * The newer document with the seconds of the older one; unchanged if a second between them is missing or the machine's
 * clock has restarted. If both documents cover a second, the one with more requests counts: the recorder evicts the
 * oldest starts first, so the later reading of a second may lack its slow requests.
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
