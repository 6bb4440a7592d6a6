// A configuration for scenarios about what is collected, not about what is noticed, with helpers for their captures and
// logs.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { AOD, type Daemon } from "./daemon.ts";
import { finish, waitFor } from "./process.ts";

export interface Rules {
  readonly actions: readonly string[];
  /** Bodies of `custom_actions`. */
  readonly custom?: Readonly<Record<string, string>>;
  /** Further keys at the top. */
  readonly more?: string;
  /** Further rules. */
  readonly also?: string;
}

/**
 * Only the emergency threshold can trip, because no window ever holds a thousand. Healthy requests are below both here.
 */
export const SLOW_IO = `    slow_io:
      type: Latency
      acceptable_count: 1000
      default_threshold_ms: 500
      emergency_threshold_ms: 1000
`;

/** A request that hangs for a second trips at once, and again whenever it is twice as old; nothing else trips. */
export function rules({ actions, custom = {}, more = "", also = "" }: Rules): string {
  const bodies = Object.entries(custom).map(([name, body]) => `  ${name}: {stage: 1, ${body}}`);
  return `
${bodies.length > 0 ? `custom_actions:\n${bodies.join("\n")}` : ""}
${more}
watcher:
  actions: [${actions.join(", ")}]
guardian:
  capture_cooldown_sec: 1
  anomalies:
${SLOW_IO}${also}`;
}

/** Names of aod's own actions, from its output, so that none is forgotten here. */
export async function builtInActions(): Promise<readonly string[]> {
  writeFileSync("/tmp/nonesuch.yaml", rules({ actions: ["nonesuch"] }));
  const { stdout, stderr } = await finish([AOD, "check", "--config", "/tmp/nonesuch.yaml"]);
  const names = /must be an action \(([^)]*)\)/.exec(stdout + stderr)?.[1]?.split(", ") ?? [];
  assert.ok(names.includes("debugdata") && names.includes("pcap"), `actions ${names}`);
  return names;
}

export function statusesOf(actions: readonly { readonly name: string; readonly status: string }[]) {
  return Object.fromEntries(actions.map(({ name, status }) => [name, status]));
}

export async function reload(aod: Daemon, config: string): Promise<void> {
  const before = aod.log.split("configuration applied").length;
  aod.configure(config);
  aod.signal("SIGHUP");
  await waitFor("the reload", () => aod.log.split("configuration applied").length > before);
}

export function linesWith(text: string, { log }: Daemon): readonly string[] {
  return log.split("\n").filter((line) => line.includes(text));
}
