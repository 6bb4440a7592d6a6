// A daemon that knows nothing, for the tests of this room: documents within their schemas, but for what the test says.

import type { Knowing } from "../../src/control/answers.ts";
import { Feed } from "../../src/control/feed.ts";
import { aLive } from "../helpers/live.ts";
import { aStatus } from "../helpers/status.ts";

export function aKnowing(parts: Partial<Knowing> = {}): Knowing {
  return {
    status: async () => aStatus(),
    incidents: () => [],
    snapshot: async () => ({ refusal: "no" }),
    reload: () => ({ problems: [] }),
    live: new Feed(() => aLive()),
    ...parts,
  };
}
