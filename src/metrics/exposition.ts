// Encodes samples as OpenMetrics 1.0 or as the older text format 0.0.4, which node_exporter and curl take. Pure. Label
// values may come from servers: none of them can end its line, its quotes, or control a terminal.

import { escapeControls } from "../model/escape.ts";
import { BOUNDS } from "./buckets.ts";
import { type FamilyKey, isOfAnyProcess, METRIC_FAMILIES, type MetricFamily, SUFFIXES } from "./families.ts";

/** The formats of a scrape. */
export type ServedFormat = "openmetrics" | "text";

/** `textfile`: the older text format without the metrics of any process, which node_exporter has for its own. */
export type Format = ServedFormat | "textfile";

export const CONTENT_TYPES: Readonly<Record<ServedFormat, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  text: "text/plain; version=0.0.4; charset=utf-8",
};

export interface Sample {
  /** In the order of the family's labels. */
  readonly labels: readonly string[];
  readonly value: number;
}

export interface HistogramSample {
  readonly labels: readonly string[];
  /** By BOUNDS, cumulative. */
  readonly below: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** A family without samples may be missing; it is left out of the text. */
export type Samples = {
  readonly [Key in FamilyKey]?: readonly (Key extends "request_duration_seconds"
    ? HistogramSample
    : Sample)[];
};

/** Longer values are cut, because servers choose the names of shares. */
const LABEL_MAX_CHARS = 256;

const TYPES_OF_TEXT = { counter: "counter", gauge: "gauge", histogram: "histogram", info: "gauge" } as const;

export function encode(samples: Samples, format: Format): string {
  const lines: string[] = [];
  for (const key of Object.keys(METRIC_FAMILIES) as FamilyKey[]) {
    const rows = samples[key];
    if (rows === undefined || rows.length === 0) continue;
    const family = METRIC_FAMILIES[key];
    // node_exporter refuses its whole scrape if a file repeats a series of its own.
    if (format === "textfile" && isOfAnyProcess(family.name)) continue;
    describe(lines, family, format);
    for (const row of rows) {
      if ("below" in row) addHistogram(lines, family, row);
      else
        lines.push(`${family.name}${SUFFIXES[family.type]}${braced(family, row.labels)} ${show(row.value)}`);
    }
  }
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

/** Makes a value fit for a label. Different values may become equal, so add samples up after this. */
export function tidyLabel(value: string): string {
  const cut = value.length > LABEL_MAX_CHARS ? `${value.slice(0, LABEL_MAX_CHARS)}...` : value;
  // A lone surrogate cannot be encoded in UTF-8.
  return escapeControls(cut.toWellFormed());
}

/** The value of a label between its quotes; both formats escape it in the same way. */
function escapeLabel(value: string): string {
  return tidyLabel(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

function describe(lines: string[], { name, type, unit, help }: MetricFamily, format: Format): void {
  // HELP and TYPE name the sample in the older format, the family in OpenMetrics.
  const isOlder = format !== "openmetrics";
  const shown = isOlder ? `${name}${SUFFIXES[type]}` : name;
  const shownType = isOlder ? TYPES_OF_TEXT[type] : type;
  lines.push(`# HELP ${shown} ${help}`, `# TYPE ${shown} ${shownType}`);
  if (unit !== undefined && format === "openmetrics") lines.push(`# UNIT ${shown} ${unit}`);
}

function addHistogram(
  lines: string[],
  family: MetricFamily,
  { labels, below, count, sum }: HistogramSample,
): void {
  const inner = pairs(family, labels);
  const begin = `${family.name}_bucket{${inner === "" ? "" : `${inner},`}le="`;
  BOUNDS.forEach(({ text }, i) => {
    lines.push(`${begin}${text}"} ${show(below[i] ?? count)}`);
  });
  lines.push(`${begin}+Inf"} ${show(count)}`);
  lines.push(`${family.name}_sum${braced(family, labels)} ${show(sum)}`);
  lines.push(`${family.name}_count${braced(family, labels)} ${show(count)}`);
}

function braced(family: MetricFamily, labels: readonly string[]): string {
  const inner = pairs(family, labels);
  return inner === "" ? "" : `{${inner}}`;
}

function pairs(family: MetricFamily, labels: readonly string[]): string {
  return family.labels.map((name, i) => `${name}="${escapeLabel(labels[i] ?? "")}"`).join(",");
}

function show(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
