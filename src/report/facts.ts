// manifest.json as the report needs it. In: whatever a manifest holds, by whomever it was made; out: facts of the types that are
// promised, with nothing where there was nothing fit. Pure; refuses nothing: a page about half a manifest helps more than none.

import * as v from "valibot";
import { CAUSES } from "../model/verdict.ts";

/** Of lists that a manifest keeps short itself. */
const LIST_MAX = 1000;

const text = v.fallback(v.string(), "");
const number = v.fallback(v.pipe(v.number(), v.finite()), Number.NaN);
const count = v.fallback(v.pipe(v.number(), v.finite(), v.minValue(0)), 0);
const maybeText = v.fallback(v.nullable(v.string()), null);
const maybeNumber = v.fallback(v.nullable(v.pipe(v.number(), v.finite())), null);
const maybeFlag = v.fallback(v.nullable(v.boolean()), null);
const texts = listOf(v.string());
const counts = v.pipe(
  v.fallback(v.record(v.string(), v.unknown()), {}),
  v.transform((record) =>
    Object.entries(record)
      .slice(0, LIST_MAX)
      .flatMap(([name, value]) => (typeof value === "number" ? [{ name, value }] : [])),
  ),
);

const evidence = v.object({
  time_utc: text,
  boot_ns: text,
  latency_ns: maybeNumber,
  state: text,
  command: text,
  nt_status: text,
  errno: text,
  message_id: text,
  pid: count,
  tid: count,
  comm: text,
  share: text,
});

const action = v.object({
  name: text,
  file: maybeText,
  status: text,
  reason: maybeText,
  exit_code: maybeNumber,
  duration_ms: count,
  bytes: count,
});

const attribution = v.object({
  server: maybeText,
  dialect: maybeText,
  encrypted: maybeFlag,
  mount_points: texts,
  processes: listOf(
    v.object({ pid: count, name: text, unit: maybeText, container: maybeText, requests: count }),
  ),
});

const facts = v.object({
  aod_version: text,
  host: text,
  kernel: text,
  source: text,
  trigger: text,
  rule: text,
  type: text,
  kind: text,
  share: maybeText,
  incident_id: maybeText,
  attribution: v.fallback(v.nullable(attribution), null),
  triggered_at: text,
  detected_after_ms: number,
  frozen_at: text,
  evidence: listOf(evidence),
  recorder: v.fallback(
    v.object({ records: count, oldest_ms: maybeNumber, complete_since: text, evicted: count }),
    { records: 0, oldest_ms: null, complete_since: "", evicted: 0 },
  ),
  actions: listOf(action),
  verdict: v.fallback(
    v.object({
      cause: v.fallback(v.picklist(CAUSES), "unknown"),
      confidence: v.fallback(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
      because: texts,
    }),
    { cause: "unknown", confidence: 0, because: [] },
  ),
  losses: counts,
  suppressed: count,
  scrubbed: count,
});

export type Facts = v.InferOutput<typeof facts>;
export type Evidence = Facts["evidence"][number];

export function readFacts(manifest: Readonly<Record<string, unknown>>): Facts {
  // A key that is missing has no value that could fall back.
  const whole = Object.fromEntries(Object.keys(facts.entries).map((key) => [key, manifest[key] ?? null]));
  return v.parse(facts, whole);
}

// --- internal ---

/** What is fit, of what is a list. */
function listOf<const Item extends v.GenericSchema>(item: Item) {
  return v.pipe(
    v.fallback(v.array(v.unknown()), []),
    v.transform((list) =>
      list.slice(0, LIST_MAX).flatMap((one) => {
        const read = v.safeParse(item, one);
        return read.success ? [read.output as v.InferOutput<Item>] : [];
      }),
    ),
  );
}
