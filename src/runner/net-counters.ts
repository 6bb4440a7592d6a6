// Compares the kernel's network counters, from /proc/net/snmp and netstat, with a baseline. Text in, text out; pure.
// The counters are of aod's own network namespace, because aod's child reads them.
//
// Format, include/net/snmp.h and net/ipv4/proc.c: two lines a protocol, `Tcp: NAME NAME …` and `Tcp: 1 2 …`. Other
// lines are skipped.

import type { CaptureOrder } from "../model/capture.ts";
import type { Baseline } from "./baselines.ts";
import { describeBaseline, NO_BASELINE, signed } from "./comparison.ts";

/** The counters that changed, with both values; without a baseline, all counters as they are now. */
export function compareNetCounters(
  output: string,
  { frozenAt }: Pick<CaptureOrder, "frozenAt">,
  baseline: Baseline | undefined,
): string {
  if (baseline === undefined) return NO_BASELINE + output;
  const before = parseNetCounters(baseline.text);
  const now = parseNetCounters(output);
  const changed = [...now].filter(([name, value]) => value !== (before.get(name) ?? 0n));
  const width = Math.max(0, ...changed.map(([name]) => name.length));
  return `${[
    describeBaseline(baseline, frozenAt),
    `${changed.length} of ${now.size} counters changed`,
    "",
    ...changed.map(([name, value]) => {
      const was = before.get(name) ?? 0n;
      return `${name.padEnd(width)}  ${signed(value - was)}  (${was} -> ${value})`;
    }),
  ].join("\n")}\n`;
}

/** The counters by `Protocol.Name`. */
export function parseNetCounters(text: string): ReadonlyMap<string, bigint> {
  const counters = new Map<string, bigint>();
  const lines = text.split("\n");
  lines.forEach((line, index) => {
    const [protocol = "", ...values] = line.split(" ");
    const [head, ...names] = lines[index - 1]?.split(" ") ?? [];
    const isPair = /^\w+:$/.test(protocol) && head === protocol && names.length === values.length;
    if (!isPair || !values.every((value) => /^-?\d+$/.test(value))) return;
    values.forEach((value, i) => {
      counters.set(`${protocol.slice(0, -1)}.${names[i]}`, BigInt(value));
    });
  });
  return counters;
}
