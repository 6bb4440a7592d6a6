// Checks whether times in captures can be compared with a server's log. Pure.

import { durationText } from "../model/figure.ts";
import type { ClockState } from "../system/clock-state.ts";
import { type Finding, note, ok, warn } from "./finding.ts";

const SYNCHRONISE =
  "enable systemd-timesyncd or chrony: times in captures are compared with the log of the server";
/** With a larger error, events of this host and of the server cannot be put in order. */
const LARGE_ERROR_MS = 1000;

export function clockFinding(clock: ClockState | undefined): Finding {
  if (clock === undefined) return note("clock", "cannot read whether it is synchronised");
  if (!clock.synchronised) return warn("clock", "not synchronised", SYNCHRONISE);
  const found = `synchronised, within ${durationText(clock.maxErrorMs)}`;
  return clock.maxErrorMs > LARGE_ERROR_MS ? warn("clock", found, SYNCHRONISE) : ok("clock", found);
}
