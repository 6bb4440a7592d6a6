// Explains an empty list: "nothing tripped a rule" is true only if an aod watches with this folder.

import { describe, expect, test } from "bun:test";
import { nothingText } from "../../src/cli/nothing-found.ts";

const DIR = "/var/log/aod";

describe("an empty list", () => {
  test.each([
    ["of an aod that answers", { outputDir: DIR, holder: 42 }, ": nothing tripped a rule"],
    [
      "of an aod that knows how near it was",
      {
        outputDir: DIR,
        holder: 42,
        nearest: "closest: slow-requests, at most 7 of 10, //files/db, 17:19:03 UTC",
      },
      ": nothing tripped a rule; closest: slow-requests, at most 7 of 10, //files/db, 17:19:03 UTC",
    ],
    ["of an aod that may not be asked", { outputDir: undefined, holder: 42 }, ": nothing tripped a rule"],
    [
      "of another folder than the running aod's",
      { outputDir: "/srv/aod", holder: "none" },
      ": the running aod writes to /srv/aod",
    ],
    [
      "without an aod",
      { outputDir: undefined, holder: "none" },
      ", and aod is not running; start it: systemctl enable --now aod",
    ],
    [
      "where locks are not shown",
      { outputDir: undefined, holder: "unknown" },
      "; it is not known whether aod is running (try sudo)",
    ],
  ] as const)("%s says so", (_, watcher, text) => {
    expect(nothingText("capture", DIR, { nearest: undefined, ...watcher })).toBe(
      `no capture yet in ${DIR}${text}`,
    );
  });
});
