// Parses the bytes of a configuration file into the Config that every room uses, or reports all their problems at
// once. Nothing throws, whatever the bytes are. No file is read here.

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import shippedText from "../../config/aod.yaml" with { type: "text" };
import type { CustomAction } from "../model/action.ts";
import type { Config } from "../model/config.ts";
import { AodError } from "../model/failure.ts";
import { checkActionNames, readCustomActions } from "./custom-actions.ts";
import { checkMetrics, toMetricsSettings } from "./metrics-keys.ts";
import { formatProblem, type KeyPath, type Problem, type Report, show } from "./problem.ts";
import { ProblemCollector } from "./problem-collector.ts";
import { checkRedaction, toRedaction } from "./redact-keys.ts";
import { type RuleMaker, readRules } from "./rules.ts";
import { type FileEntry, fileSchema } from "./schema.ts";
import { checkAgainst } from "./schema-check.ts";
import { isMapping } from "./schema-values.ts";
import { decodeSource } from "./source-text.ts";
import { readYaml, type YamlTree } from "./yaml-tree.ts";

export interface ParsedConfig {
  /** Undefined if a problem is an error. */
  readonly config: Config | undefined;
  /** Errors and warnings, in the order of the file. */
  readonly problems: readonly Problem[];
  /** Make an error or a warning about a key, for rooms that know more than the file. */
  readonly errorAt: (path: KeyPath, message: string) => Problem;
  readonly warnAt: (path: KeyPath, message: string) => Problem;
}

/** The name of the built-in configuration in messages. */
export const BUILT_IN = "built-in default";

const NS_PER_SEC = 1e9;
const MS_PER_SEC = 1000;
const MS_PER_DAY = 86_400_000;
const BYTES_PER_MB = 1 << 20;

/**
 * Measured: requests.csv of a full recorder, 65,536 requests, is 10.5 MB and takes 1.3 MB of a capture. Logs follow.
 */
const SMALL_CAP_MB = 4;

/** @param file the name of the file in messages; undefined for text that is not from a file. */
export function parseConfig(input: string | Uint8Array, file?: string): ParsedConfig {
  const { text, refusal } = decodeSource(input);
  const tree = readYaml(refusal === undefined ? text : "");
  const collector = new ProblemCollector(file ?? BUILT_IN, text);
  const report: Report = {
    error: (path, message, at = "value") =>
      collector.add("error", path, message, () => offsetOf(tree, path, at)),
    warn: (path, message, at = "value") =>
      collector.add("warning", path, message, () => offsetOf(tree, path, at)),
  };
  let config: Config | undefined;
  if (refusal !== undefined) collector.add("error", [], refusal.message, () => refusal.offset);
  else {
    for (const { path, message, offset } of tree.faults) collector.add("error", path, message, () => offset);
    if (tree.value !== undefined) config = readRoot(tree.value, file, sha256(input), report);
  }
  return {
    config: collector.hasErrors ? undefined : config,
    problems: collector.sorted(),
    errorAt: (path, message) => collector.make("error", path, message, tree.offsetOfValue(path)),
    warnAt: (path, message) => collector.make("warning", path, message, tree.offsetOfValue(path)),
  };
}

/** The shipped config/aod.yaml, which is part of the executable and is used without a configuration file. */
export function parseBuiltIn(): ParsedConfig & { readonly config: Config } {
  const { config, ...rest } = parseConfig(shippedText);
  if (config === undefined) throw new AodError("BUG", rest.problems.map(formatProblem).join("\n"));
  return { config, ...rest };
}

function readRoot(value: unknown, file: string | undefined, sha: string, report: Report): Config | undefined {
  if (!isMapping(value)) {
    report.error(
      [],
      value === null
        ? "is empty; at least one rule below guardian.anomalies is needed"
        : `must be a mapping of keys, not ${show(value)}`,
    );
    return undefined;
  }
  if (isLayoutOf2026(value)) {
    report.error(
      ["anomalies"],
      "AODv2's layout of 2026, anomalies by protocol: /usr/share/doc/aod/migrating.md shows how to write it for aod",
      "key",
    );
    return undefined;
  }
  const entry = checkAgainst(fileSchema, value, [], report);
  const customActions = readCustomActions(value.custom_actions, ["custom_actions"], report);
  checkActionNames(value, report);
  // Rules are checked although another section may be wrong: every error is reported at once.
  const guardian = isMapping(value.guardian) ? value.guardian : {};
  const makers = isMapping(guardian.anomalies)
    ? readRules(guardian.anomalies, ["guardian", "anomalies"], report)
    : [];
  if (entry === undefined) return undefined;
  const capMb = entry.cleanup.max_total_log_size_mb;
  if (capMb < SMALL_CAP_MB) {
    report.warn(
      ["cleanup", "max_total_log_size_mb"],
      `${capMb} is too small for one capture: requests.csv of a busy host alone takes 1.3 MB`,
    );
  }
  if (entry.metrics !== undefined) checkMetrics(entry.metrics, ["metrics"], report);
  const fileNames = [...Object.keys(entry.guardian.anomalies), ...customActions.map(({ name }) => name)];
  checkRedaction(entry.redact, fileNames, ["redact"], report);
  return toConfig(entry, makers, customActions, file, sha);
}

/**
 * Whether the anomalies are at the top, in groups by protocol. A group has no type and holds mappings; a rule has a
 * type.
 */
function isLayoutOf2026({ anomalies }: Readonly<Record<string, unknown>>): boolean {
  if (!isMapping(anomalies)) return false;
  return Object.values(anomalies).some(
    (group) => isMapping(group) && group.type === undefined && Object.values(group).some(isMapping),
  );
}

function toConfig(
  entry: FileEntry,
  makers: readonly RuleMaker[],
  customActions: readonly CustomAction[],
  file: string | undefined,
  sha: string,
): Config {
  const { watcher, guardian, capture, cleanup, audit, notify, metrics, redact } = entry;
  const windowNs = Math.round(entry.watch_interval_sec * NS_PER_SEC);
  return {
    file,
    sha256: sha,
    outputDir: resolve(entry.aod_output_dir),
    rules: makers.map((make) => make({ windowNs, defaultActions: watcher.actions })),
    defaultActions: [...new Set(watcher.actions)],
    customActions,
    captureCooldownMs: guardian.capture_cooldown_sec * MS_PER_SEC,
    resolveAfterMs: guardian.resolve_after_sec * MS_PER_SEC,
    hourly: {
      captures: guardian.max_captures_per_hour,
      bytes: Math.ceil(guardian.max_capture_mb_per_hour * BYTES_PER_MB),
    },
    capture: {
      budgetMs: capture.budget_sec * MS_PER_SEC,
      maxBytes: Math.floor(capture.max_mb * BYTES_PER_MB),
      minFreeBytes: Math.ceil(capture.min_free_mb * BYTES_PER_MB),
      withReport: capture.report,
    },
    cleanup: {
      intervalMs: cleanup.cleanup_interval_sec * MS_PER_SEC,
      maxAgeMs: cleanup.max_log_age_days * MS_PER_DAY,
      maxTotalBytes: Math.floor(cleanup.max_total_log_size_mb * BYTES_PER_MB),
    },
    auditEnabled: audit.enabled,
    notify: notify && {
      // The schema has checked that the list is not empty.
      command: notify.command as [string, ...string[]],
      on: [...new Set(notify.on)],
      timeoutMs: notify.timeout_sec * MS_PER_SEC,
    },
    metrics: metrics && toMetricsSettings(metrics),
    redaction: toRedaction(redact),
  };
}

function offsetOf(tree: YamlTree, path: KeyPath, at: "key" | "value"): number {
  return at === "key" ? tree.offsetOfKey(path) : tree.offsetOfValue(path);
}

function sha256(input: string | Uint8Array): string {
  return createHash("sha256").update(input).digest("hex");
}
