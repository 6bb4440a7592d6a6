// A DaemonApi for the tests of this room: every answer is empty and fits its schema, except for what a test sets.

import type { DaemonApi } from "../../src/control/answers.ts";
import { LiveFeed } from "../../src/control/live-feed.ts";
import { aLive } from "../helpers/live.ts";
import { aStatus } from "../helpers/status.ts";

export function aDaemonApi(parts: Partial<DaemonApi> = {}): DaemonApi {
  return {
    status: async () => aStatus(),
    incidents: () => [],
    snapshot: async () => ({ refusal: "no" }),
    reload: () => ({ problems: [] }),
    live: new LiveFeed(() => aLive()),
    ...parts,
  };
}
