// The feed of `aod top` from a running daemon, over its control socket. The daemon computes figures only while a
// client listens. Only the last question has a connection.

import { ask, gone } from "../control/client.ts";
import { toFailure } from "../model/failure.ts";
import type { Feed, FeedListener } from "./feed.ts";

export function openDaemonFeed(path: string): Feed {
  /** Aborts the present question. */
  let asking = new AbortController();
  const listen = async (everyMs: number, { live, failed }: FeedListener, { signal }: AbortController) => {
    let hasFigures = false;
    try {
      for await (const answer of ask(path, { ask: "live", every_ms: everyMs }, { signal })) {
        if (signal.aborted) return;
        if (answer.type !== "live") continue;
        hasFigures = true;
        live(answer.live);
      }
      throw gone(hasFigures ? "and no more figures come" : "before it answered");
    } catch (thrown) {
      if (!signal.aborted) failed(toFailure(thrown));
    }
  };
  return {
    start: (everyMs, listener) => {
      asking.abort();
      asking = new AbortController();
      void listen(everyMs, listener, asking);
    },
    close: async () => asking.abort(),
  };
}
