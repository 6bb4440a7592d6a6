// Whether times in captures can be compared with a server's log. Facts in, a finding out; pure.

import { durationText } from "../model/figure.ts";
import type { ClockState } from "../system/clock-state.ts";
import { type Finding, note, ok, warn } from "./finding.ts";

const SYNCHRONISE =
  "switch on systemd-timesyncd or chrony: times in captures are compared with the server's log";
/** Beyond it the order of what happened here and there can't be told. */
const LARGE_ERROR_MS = 1000;

export function clockFinding(clock: ClockState | undefined): Finding {
  if (clock === undefined) return note("clock", "whether it is synchronised can't be seen from here");
  if (!clock.synchronised) return warn("clock", "not synchronised", SYNCHRONISE);
  const found = `synchronised, within ${durationText(clock.maxErrorMs)}`;
  return clock.maxErrorMs > LARGE_ERROR_MS ? warn("clock", found, SYNCHRONISE) : ok("clock", found);
}
