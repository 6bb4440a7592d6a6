// The feed of a daemon, over a real socket.

import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Live } from "../../src/api/live.ts";
import { openDaemonFeed } from "../../src/cli/daemon-feed.ts";
import type { Feed as TopFeed } from "../../src/cli/feed.ts";
import { LiveFeed } from "../../src/control/live-feed.ts";
import { CONNECTIONS_MAX, type ControlServer, openControlServer } from "../../src/control/server.ts";
import type { Failure } from "../../src/model/failure.ts";
import { aDaemonApi } from "../control/daemon-api.ts";
import { aLive } from "../helpers/live.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function serve(look: () => Live = aLive): { server: ControlServer; path: string } {
  const path = join(tempDir(), "aod.sock");
  const server = openControlServer(path, aDaemonApi({ live: new LiveFeed(look) }));
  if ("taken" in server) throw new Error("another has it");
  closing.push(() => server.close());
  return { server, path };
}

/** What comes of it. */
function hear(feed: TopFeed, everyMs: number) {
  const heard: { figures: number; failure: Failure | undefined } = { figures: 0, failure: undefined };
  feed.start(everyMs, {
    live: () => void heard.figures++,
    failed: (failure) => {
      heard.failure = failure;
    },
  });
  return heard;
}

describe("the feed of a daemon", () => {
  test("has one connection, however often the user changes the interval", async () => {
    const { server, path } = serve();
    const feed = openDaemonFeed(path);
    for (let i = 0; i < 2 * CONNECTIONS_MAX; i++) {
      const heard = hear(feed, 60_000);
      await waitUntil(() => heard.figures === 1 || heard.failure !== undefined);
      expect(heard.failure).toBeUndefined();
    }
    await waitUntil(() => server.connections === 1);
    await feed.close();
    await feed.close();
    await waitUntil(() => server.connections === 0);
  });

  test("leaves no connection behind if the interval changes faster than the daemon answers", async () => {
    const { server, path } = serve();
    const feed = openDaemonFeed(path);
    const early = [1, 2, 3].map((speed) => hear(feed, speed * 10_000));
    const last = hear(feed, 60_000);
    await waitUntil(() => last.figures === 1);
    await waitUntil(() => server.connections === 1);
    expect(early.map(({ figures, failure }) => [figures, failure])).toEqual(Array(3).fill([0, undefined]));
    await feed.close();
    await waitUntil(() => server.connections === 0);
  });

  test("reports when a daemon ended: before its answer, or later", async () => {
    const { server, path } = serve();
    const heard = hear(openDaemonFeed(path), 100);
    await waitUntil(() => heard.figures >= 2);
    server.close();
    await waitUntil(() => heard.failure !== undefined);
    expect(heard.failure).toMatchObject({
      code: "NO_DAEMON",
      message: "aod has ended and no more figures come (see systemctl status aod)",
    });
  });

  test("reports nothing after it was closed", async () => {
    const { server, path } = serve();
    const feed = openDaemonFeed(path);
    const heard = hear(feed, 100);
    await waitUntil(() => heard.figures >= 1);
    await feed.close();
    const { figures } = heard;
    await waitUntil(() => server.connections === 0);
    await Bun.sleep(150);
    expect(heard).toEqual({ figures, failure: undefined });
  });
});
