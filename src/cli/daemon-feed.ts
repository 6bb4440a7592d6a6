// `aod top` of a running daemon: figures over its control socket. In: the socket's path; out: a feed. The daemon puts figures
// together while somebody listens, and no longer.

import { ask, gone } from "../control/client.ts";
import { toFailure } from "../model/failure.ts";
import type { Feed, FeedListener } from "./feed.ts";

export function openDaemonFeed(path: string): Feed {
  /** Each question has a connection of its own; only the last one is listened to. */
  let turn = 0;
  const listen = async (everyMs: number, { live, failed }: FeedListener) => {
    const mine = ++turn;
    try {
      for await (const answer of ask(path, { ask: "live", every_ms: everyMs })) {
        if (mine !== turn) return;
        if (answer.type === "live") live(answer.live);
      }
      throw gone();
    } catch (thrown) {
      if (mine === turn) failed(toFailure(thrown));
    }
  };
  return {
    start: (everyMs, listener) => void listen(everyMs, listener),
    close: async () => {
      turn++;
    },
  };
}
