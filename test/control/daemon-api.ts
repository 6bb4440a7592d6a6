// A daemon that knows nothing, for the tests of this room: documents within their schemas, but for what the test says.

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
