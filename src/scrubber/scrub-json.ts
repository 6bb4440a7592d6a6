// Removes the secrets from every text of a capture's manifest, and counts them. Pure. Texts that aod itself makes stay
// as they are: a secret word of the operator must not turn one state into another.

import type { Scrubber } from "./scrubber.ts";

/** Keys of the manifest whose values are from a fixed set, figures, times, checksums, or parts of file names. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  "source",
  "trigger",
  "type",
  "kind",
  "status",
  "state",
  "cause",
  "command",
  "nt_status",
  "errno",
  "triggered_at",
  "frozen_at",
  "complete_since",
  "time_utc",
  "boot_ns",
  "at",
  "session_id",
  "tree_id",
  "message_id",
  "incident_id",
  "boot_id",
  "rule",
  "sha256",
  "config_sha256",
  "aod_version",
  "file",
  "dialect",
]);

export interface ScrubbedJson<Value> {
  readonly value: Value;
  readonly count: number;
}

/** @param value plain data; values that JSON can't represent are left out. */
export function scrubJson<Value extends object>(value: Value, scrubber: Scrubber): ScrubbedJson<Value> {
  let found = 0;
  const clean: Value = JSON.parse(JSON.stringify(value), (key, inner) => {
    if (typeof inner !== "string" || OWN_KEYS.has(key)) return inner;
    // A server's name comes from the name of a share, in which `//` marks the password of a URL.
    const before = key === "server" ? "//" : "";
    const { text, count } = scrubber.scrub(before + inner);
    found += count;
    return text.slice(before.length);
  });
  return { value: clean, count: found };
}
