// The last minutes second by second, and the latencies of the window as a histogram, for a Live document. Pure.

import { type Live, SECONDS_MAX } from "../api/live.ts";
import { figuresBy } from "./replies.ts";
import { type LiveSnapshot, toMs } from "./snapshot.ts";

type Second = Live["seconds"][number];
type Bucket = Live["histogram"][number];

/** 1/16 ms to 16 s in powers of two; one more bucket holds longer latencies. */
const BOUNDS_MS = Array.from({ length: 19 }, (_, i) => 2 ** (i - 4));

/**
 * Whole, numbered seconds of CLOCK_MONOTONIC, so that several documents can be merged; the current second is not among
 * them. A second contains the requests that ended in it. The recorder is complete by start, so the oldest second may
 * lack its slowest requests.
 */
export function secondsOf({
  lines,
  replies,
  completeSinceNs,
}: LiveSnapshot): Pick<Live, "seconds" | "last_second"> {
  const behind = Math.floor(lines.nowNs / 1e9);
  const first = Math.max(Math.ceil(completeSinceNs / 1e9), behind - SECONDS_MAX);
  const count = Math.max(0, behind - first);
  const groupOf = new Int32Array(replies.count);
  for (let at = 0; at < replies.count; at++) {
    const i = replies.line[at] as number;
    const second = Math.floor(((lines.startNs[i] as number) + (lines.latencyNs[i] as number)) / 1e9) - first;
    groupOf[at] = second < count ? second : -1;
  }
  const seconds = figuresBy(lines, replies, groupOf, count).map(
    ({ requests, errors, p50Ns, p99Ns, maxNs }): Second => ({
      requests,
      errors,
      p50_ms: toMs(p50Ns),
      p99_ms: toMs(p99Ns),
      max_ms: toMs(maxNs),
    }),
  );
  return { seconds, last_second: Math.max(0, behind - 1) };
}

/** The latencies of the window. Requests that may block indefinitely are left out. */
export function histogramOf({ lines, replies, fromNs }: LiveSnapshot): Bucket[] {
  const counts = new Uint32Array(BOUNDS_MS.length + 1);
  let bucket = 0;
  for (let at = 0; at < replies.count; at++) {
    const i = replies.line[at] as number;
    const latencyNs = lines.latencyNs[i] as number;
    if (replies.timed[at] === 0 || (lines.startNs[i] as number) + latencyNs < fromNs) continue;
    // Replies are sorted, the quickest first.
    while (bucket < BOUNDS_MS.length && latencyNs >= (BOUNDS_MS[bucket] as number) * 1e6) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  return Array.from(counts, (requests, at) => ({ upto_ms: BOUNDS_MS[at] ?? null, requests }));
}
