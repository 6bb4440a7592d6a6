// Samples as text that Prometheus reads: OpenMetrics 1.0, or the older text format 0.0.4, which node_exporter and curl
// take. In: samples by family; out: one text. Pure. Label values may be anybody's words: none can end its line, its quotes or
// its terminal.

import { escapeControls } from "../model/escape.ts";
import { BOUNDS } from "./buckets.ts";
import { type FamilyKey, METRIC_FAMILIES, type MetricFamily, SUFFIXES } from "./families.ts";

export type Format = "openmetrics" | "text";

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
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

/** A family without samples may be missing, and then is not mentioned. */
export type Samples = {
  readonly [Key in FamilyKey]?: readonly (Key extends "request_duration_seconds"
    ? HistogramSample
    : Sample)[];
};

/** Longer names are cut: they are a server's to choose. */
const LABEL_MAX_CHARS = 256;

const TYPES_OF_TEXT = { counter: "counter", gauge: "gauge", histogram: "histogram", info: "gauge" } as const;

export function encode(samples: Samples, format: Format): string {
  const lines: string[] = [];
  for (const key of Object.keys(METRIC_FAMILIES) as FamilyKey[]) {
    const rows = samples[key];
    if (rows === undefined || rows.length === 0) continue;
    const family = METRIC_FAMILIES[key];
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

/** A value that is fit to be a label. Different ones may become the same: whoever adds up does it after this. */
export function tidyLabel(value: string): string {
  const cut = value.length > LABEL_MAX_CHARS ? `${value.slice(0, LABEL_MAX_CHARS)}...` : value;
  // Half of a character that takes two can't be written in UTF-8.
  return escapeControls(cut.toWellFormed());
}

/** The label's value between its quotes, which both formats write alike. */
function escapeLabel(value: string): string {
  return tidyLabel(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

function describe(lines: string[], { name, type, unit, help }: MetricFamily, format: Format): void {
  // The older format names what it shows, the newer one the family.
  const shown = format === "text" ? `${name}${SUFFIXES[type]}` : name;
  const shownType = format === "text" ? TYPES_OF_TEXT[type] : type;
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
