// Reads the parts of a manifest.json of any origin that the report shows, with reliable types. What is missing or
// invalid becomes empty, null or NaN, never a 0, which would claim that nothing went wrong. Pure. It refuses no
// manifest: a page about half a manifest helps more than none.

import * as v from "valibot";
import { countOfRow, STATUSES_MAX } from "../model/status-count.ts";
import { CAUSES } from "../model/verdict.ts";

/** Items of a list; the lists that aod writes are shorter. */
const LIST_MAX = 1000;
/** Length of a text; the longest texts that aod writes are reasons. */
const TEXT_MAX_CHARS = 2048;

const bounded = v.pipe(
  v.string(),
  v.transform((whole) => (whole.length > TEXT_MAX_CHARS ? `${whole.slice(0, TEXT_MAX_CHARS)}…` : whole)),
);
const text = v.fallback(bounded, "");
/** A figure that is not negative; NaN: not known. */
const figure = v.fallback(v.pipe(v.number(), v.finite(), v.minValue(0)), Number.NaN);
const maybeText = v.fallback(v.nullable(bounded), null);
const maybeNumber = v.fallback(v.nullable(v.pipe(v.number(), v.finite())), null);
const maybeFlag = v.fallback(v.nullable(v.boolean()), null);

/** Null without a record. */
const counts = v.pipe(
  v.fallback(v.nullable(v.record(v.string(), v.unknown())), null),
  v.transform(
    (record) =>
      record &&
      Object.entries(record)
        .slice(0, LIST_MAX)
        .flatMap(([name, value]) =>
          typeof value === "number" ? [{ name: v.parse(bounded, name), value }] : [],
        ),
  ),
);

const evidence = v.object({
  time_utc: text,
  latency_ns: maybeNumber,
  state: text,
  command: text,
  message_id: text,
  nt_status: text,
  errno: text,
  pid: figure,
  comm: text,
  share: text,
});

const statusRow = v.object({
  status: text,
  nt_status: maybeText,
  errno: text,
  command: maybeText,
  count: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

const action = v.object({
  name: text,
  status: text,
  reason: maybeText,
  exit_code: maybeNumber,
  duration_ms: figure,
  bytes: figure,
});

const process = v.object({
  pid: figure,
  name: text,
  unit: maybeText,
  container: maybeText,
  requests: figure,
});

const attribution = v.object({
  server: maybeText,
  dialect: maybeText,
  encrypted: maybeFlag,
  dfs_paths: v.fallback(listOf(bounded), []),
  possible_shares: v.fallback(listOf(bounded), []),
  mount_points: listOf(bounded),
  processes: listOf(process),
});

const verdict = v.object({
  cause: v.picklist(CAUSES),
  confidence: v.fallback(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), Number.NaN),
  because: listOf(bounded),
});

const recorder = v.object({ records: figure, oldest_ms: maybeNumber, complete_since: text, evicted: figure });

const hangingServer = v.object({
  server: text,
  shares: listOf(v.string()),
  count: figure,
  oldest_ms: figure,
});

const facts = v.object({
  aod_version: text,
  host: text,
  kernel: text,
  source: text,
  trigger: text,
  reason: maybeText,
  rule: text,
  type: text,
  kind: text,
  share: maybeText,
  incident_id: maybeText,
  attribution: v.fallback(v.nullable(attribution), null),
  triggered_at: text,
  detected_after_ms: figure,
  frozen_at: text,
  evidence: listOf(evidence),
  /** Null for a capture by a rule, and in manifests of older versions. */
  hanging: maybeListOf(hangingServer),
  statuses: v.pipe(
    listOf(statusRow),
    v.transform((rows) => rows.slice(0, STATUSES_MAX).flatMap((row) => countOfRow(row) ?? [])),
  ),
  recorder: v.fallback(recorder, {
    records: Number.NaN,
    oldest_ms: null,
    complete_since: "",
    evicted: Number.NaN,
  }),
  /** Null without a list. */
  actions: maybeListOf(action),
  verdict: v.fallback(v.nullable(verdict), null),
  losses: counts,
  suppressed: figure,
  scrubbed: figure,
});

export type ManifestFacts = v.InferOutput<typeof facts>;

export function readManifestFacts(manifest: Readonly<Record<string, unknown>>): ManifestFacts {
  return v.parse(facts, manifest);
}

// --- internal ---

/** The valid items of a list; empty for any other value. */
function listOf<const Item extends v.GenericSchema>(item: Item) {
  return v.pipe(
    v.fallback(v.array(v.unknown()), []),
    v.transform((list) => fit(item, list)),
  );
}

function maybeListOf<const Item extends v.GenericSchema>(item: Item) {
  return v.pipe(
    v.fallback(v.nullable(v.array(v.unknown())), null),
    v.transform((list) => list && fit(item, list)),
  );
}

function fit<const Item extends v.GenericSchema>(item: Item, list: readonly unknown[]) {
  return list.slice(0, LIST_MAX).flatMap((one) => {
    const read = v.safeParse(item, one);
    return read.success ? [read.output as v.InferOutput<Item>] : [];
  });
}
