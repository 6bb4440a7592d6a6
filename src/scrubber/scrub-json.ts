// A capture's manifest without its secrets. In: a value of JSON; out: the same value with every text cleaned, and how many secrets
// there were. Pure. Texts that aod makes by itself stay as they are: a word of an operator must not turn a state into another one.

import type { Scrubber } from "./scrubber.ts";

/** Keys of the manifest with values of a closed set, figures, times, checksums, and what names of files are made of. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  ...["source", "trigger", "type", "kind", "status", "state", "cause", "command", "nt_status", "errno"],
  ...["triggered_at", "frozen_at", "complete_since", "time_utc", "boot_ns", "at"],
  ...["session_id", "tree_id", "message_id", "incident_id", "boot_id"],
  ...["rule", "sha256", "config_sha256", "aod_version", "file", "dialect"],
]);

export interface ScrubbedJson<Value> {
  readonly value: Value;
  readonly count: number;
}

/** @param value plain data; what JSON leaves out is left out. */
export function scrubJson<Value extends object>(value: Value, scrubber: Scrubber): ScrubbedJson<Value> {
  let found = 0;
  const clean: Value = JSON.parse(JSON.stringify(value), (key, inner) => {
    if (typeof inner !== "string" || OWN_KEYS.has(key)) return inner;
    // A server's name comes from its share's, whose password is known by what stands before it.
    const before = key === "server" ? "//" : "";
    const { text, count } = scrubber.scrub(before + inner);
    found += count;
    return text.slice(before.length);
  });
  return { value: clean, count: found };
}
