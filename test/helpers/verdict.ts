// Verdicts for tests: one that names a cause, and one that can't.

import type { Verdict } from "../../src/model/verdict.ts";

export const SERVER: Verdict = {
  cause: "server",
  confidence: 0.76,
  because: ["everything is acknowledged (unacked 0, round trip 1.2 ms), replies take 500 ms"],
};

export const UNKNOWN: Verdict = {
  cause: "unknown",
  confidence: 0,
  because: ["no cause has enough evidence"],
};
