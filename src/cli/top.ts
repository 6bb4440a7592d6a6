// `aod top`: shows what happens now. The figures come from a running daemon, or from a standalone monitor if none
// runs and the user is root. The output is a live screen on a terminal, one screen as text elsewhere, or documents
// for programs.

import type { ArgsDef } from "citty";
import { EVERY_MS } from "../api/protocol.ts";
import { isServed } from "../control/client.ts";
import { findSocketPath } from "../control/socket-path.ts";
import { AodError } from "../model/failure.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { makeVerb, type VerbCommand } from "./arguments.ts";
import { openDaemonFeed } from "./daemon-feed.ts";
import type { Feed } from "./feed.ts";
import { openSelfFeed } from "./self-feed.ts";
import { canShowScreen } from "./terminal.ts";
import { printDocuments, printScreen, showScreen } from "./top-screen.ts";

const ARGUMENTS = {
  every: {
    type: "string",
    valueHint: "SECONDS",
    description: "the interval between figures, 0.1 to 60 (without it: 1)",
  },
  once: { type: "boolean", description: "one screen, as it is now" },
  json: { type: "boolean", description: "a document a line, for programs" },
} as const satisfies ArgsDef;

export function makeTopCommand(spawn: SpawnTable): VerbCommand {
  return makeVerb({
    name: "top",
    description: "what happens now: shares, latencies, requests in flight, incidents",
    args: ARGUMENTS,
    examples: [
      { command: "aod top", meaning: "live, q quits, ? helps" },
      { command: "aod top --once", meaning: "one screen, also into a file or a mail" },
      { command: "aod top --json --once | jq .in_flight", meaning: "for programs" },
    ],
    run: async ({ every, once, json }) => {
      const everyMs = every === undefined ? EVERY_MS.fallback : parseEvery(every);
      const feed = await openFeed(spawn);
      try {
        if (json === true) await printDocuments(feed, everyMs, once === true);
        else if (once === true || !canShowScreen()) await printScreen(feed, everyMs);
        else await showScreen(feed, everyMs);
      } finally {
        await feed.close();
      }
      return 0;
    },
  });
}

/**
 * Fails for a user who may not ask the daemon: watching beside it would add its cost to every request a second time.
 */
async function openFeed(spawn: SpawnTable): Promise<Feed> {
  const path = findSocketPath(process.env);
  return (await isServed(path)) ? openDaemonFeed(path) : openSelfFeed(spawn);
}

/** Seconds as text to ms. Throws USAGE outside of the range. */
export function parseEvery(text: string): number {
  const everyMs = Math.round(Number(text) * 1000);
  const isInterval = /^[\d.]+$/.test(text) && everyMs >= EVERY_MS.least && everyMs <= EVERY_MS.most;
  if (isInterval) return everyMs;
  const range = `${EVERY_MS.least / 1000} to ${EVERY_MS.most / 1000}`;
  throw new AodError("USAGE", `--every ${text}: must be seconds, ${range}`);
}
