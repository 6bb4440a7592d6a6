// Metrics as an operator uses them: Debian's Prometheus scrapes an aod with real programs and synthetic traffic, evaluates
// the shipped alert rules, and answers every query of the shipped dashboard.

import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CONTENT_TYPES, tidyLabel } from "../../src/metrics/exposition.ts";
import { METRIC_FAMILIES } from "../../src/metrics/families.ts";
import { readMetrics } from "../helpers/metrics-text.ts";
import { ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { queriesOf, substitute } from "./dashboard.ts";
import { Prometheus, startNodeExporter } from "./prometheus.ts";
import { EVIL_SHARE, SHARE, WatchedHost } from "./watched-host.ts";

const RULES = join(ROOT, "packaging/monitoring/aod.rules.yaml");
const DASHBOARD = JSON.parse(readFileSync(join(ROOT, "packaging/monitoring/aod-dashboard.json"), "utf8"));
const STATUS_UNSUCCESSFUL = 0xc000_0001;
const STATUS_OBJECT_NAME_NOT_FOUND = 0xc000_0034;
const COUNTS = { read: 400, evil: 30, unknown: 8, failed: 12, missing: 6 } as const;

const host = new WatchedHost();
const nodePort = startNodeExporter(dirname(host.textfile));
const prometheus = new Prometheus([host.port, nodePort], [RULES]);
const aod = `instance="127.0.0.1:${host.port}"`;

function times(count: number, act: () => void): void {
  for (let i = 0; i < count; i++) act();
}

async function valueNow(expr: string): Promise<number | undefined> {
  return (await prometheus.query(expr))[0]?.value;
}

/** Sends half of the traffic: a rate begins with the second half, because a new series is not an increase. */
function sendHalf(): void {
  times(COUNTS.read / 2, () => host.answer(host.send("SMB2_READ")));
  times(COUNTS.evil / 2, () => host.answer(host.send("SMB2_WRITE", 2)));
  times(COUNTS.unknown / 2, () => host.answer(host.send("SMB2_CLOSE", 9)));
  times(COUNTS.failed / 2, () => host.refuse(host.send("SMB2_CREATE"), STATUS_UNSUCCESSFUL));
  times(COUNTS.missing / 2, () => host.refuse(host.send("SMB2_CREATE"), STATUS_OBJECT_NAME_NOT_FOUND));
}

beforeAll(async () => {
  await host.ready();
  // The first scrape comes before the traffic, so that counters increase from 0.
  await prometheus.until(`aod_start_time_seconds{${aod}}`, (series) => series.length === 1);
  sendHalf();
  await prometheus.until(`aod_requests_total{${aod}, share="other"}`, (series) => series.length === 1);
  sendHalf();
  host.send("SMB2_FLUSH");
  host.send("SMB2_CHANGE_NOTIFY");
  await host.captured();
  await prometheus.until(`sum(aod_captures_made_total{${aod}})`, ([series]) => series?.value === 1);
  // The rates of the dashboard need two scrapes of traffic.
  const flow = setInterval(() => host.answer(host.send("SMB2_QUERY_INFO")), 20);
  const rate = `rate(aod_requests_total{${aod}, command="SMB2_QUERY_INFO"}[10s])`;
  await prometheus.until(rate, ([series]) => (series?.value ?? 0) > 1);
  clearInterval(flow);
  await prometheus.until(
    "aod_captures_made_total",
    (series) => new Set(series.map(({ metric }) => metric.instance)).size === 2,
  );
});

describe("Prometheus", () => {
  test("accepts every scrape", async () => {
    const up = expect.objectContaining({ health: "up", lastError: "" });
    expect(await prometheus.targets()).toEqual([up, up]);
  });

  test.each([
    [
      "requests by share and command",
      `aod_requests_total{${aod}, share="${SHARE}", command="SMB2_READ"}`,
      COUNTS.read,
    ],
    ["requests of a share with a hostile name", `aod_requests_total{${aod}, share=~"//evil.*"}`, COUNTS.evil],
    ["requests of an unknown tree", `aod_requests_total{${aod}, share="other"}`, COUNTS.unknown],
    [
      "failures",
      `aod_request_errors_total{${aod}, status="STATUS_UNSUCCESSFUL", class="failure"}`,
      COUNTS.failed,
    ],
    ["everyday answers", `aod_request_errors_total{${aod}, class="everyday"}`, COUNTS.missing],
    [
      "requests in flight, except those that may block indefinitely",
      `aod_requests_in_flight{${aod}, share="${SHARE}"}`,
      1,
    ],
    ["an open incident", `aod_incidents_open{${aod}, rule="refused", kind="error"}`, 1],
    ["the opened incident", `sum(aod_incidents_opened_total{${aod}, rule="refused"})`, 1],
    ["its capture", `aod_captures_made_total{${aod}, rule="refused"}`, 1],
    ["no losses", `sum(aod_losses_total{${aod}})`, 0],
    ["the configuration in use", `aod_config_last_reload_successful{${aod}}`, 1],
  ])("has %s", async (_, expr, value) => {
    expect(await valueNow(expr)).toBe(value);
  });

  test("has the hostile name in an escaped form", async () => {
    const [series] = await prometheus.query(`aod_requests_in_flight{${aod}, share=~"//evil.*"}`);
    expect(series?.metric.share).toBe(tidyLabel(EVIL_SHARE));
  });

  test("has histograms with every reply, and quantiles of them", async () => {
    const of = `${aod}, share="${SHARE}", command="SMB2_READ"`;
    expect(await valueNow(`aod_request_duration_seconds_count{${of}}`)).toBe(COUNTS.read);
    expect(await valueNow(`aod_request_duration_seconds_bucket{${of}, le="+Inf"}`)).toBe(COUNTS.read);
    expect(await valueNow(`aod_request_duration_seconds_sum{${of}}`)).toBeGreaterThan(0);
    expect(
      await valueNow(`histogram_quantile(0.5, aod_request_duration_seconds_bucket{${of}})`),
    ).toBeLessThan(1);
  });

  test("sees the age of a hang grow while it lasts", async () => {
    const expr = `aod_oldest_request_in_flight_seconds{${aod}, share="${SHARE}"}`;
    const before = (await valueNow(expr)) ?? 0;
    await prometheus.until(expr, ([series]) => (series?.value ?? 0) > before + 1);
  });

  test("knows the type and the HELP of each metric", async () => {
    const metadata = await prometheus.metadata();
    const seen = Object.values(METRIC_FAMILIES).filter(({ name }) => metadata[name] !== undefined);
    expect(seen.length).toBeGreaterThan(20);
    for (const { name, type, help } of seen)
      expect(metadata[name]).toContainEqual(expect.objectContaining({ type, help }));
  });

  test("gets the same figures through node_exporter", async () => {
    const node = `instance="127.0.0.1:${nodePort}"`;
    expect(await valueNow(`aod_requests_total{${node}, command="SMB2_READ"}`)).toBe(COUNTS.read);
    expect(await valueNow(`node_textfile_scrape_error{${node}}`)).toBe(0);
  });
});

describe("a scrape", () => {
  test.each([
    ["openmetrics", CONTENT_TYPES.openmetrics],
    ["text", "text/plain"],
  ] as const)("has only known metrics in valid syntax, %s", async (format, accept) => {
    const families = readMetrics(await host.scrape(accept), format);
    const known = new Set(Object.values(METRIC_FAMILIES).map(({ name }) => name));
    const names = [...families.keys()].map((name) => name.replace(/_(total|info)$/, ""));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(20);
  });

  test("passes promtool without a warning", async () => {
    const folder = tempDir();
    writeFileSync(join(folder, "scrape"), await host.scrape());
    const argv = ["sh", "-c", "promtool check metrics <scrape"];
    expect(await run(argv, folder)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });
});

describe("the alert rules", () => {
  test("pass promtool", async () => {
    const argv = ["promtool", "check", "rules", "--lint=all", "--lint-fatal", RULES];
    const { exitCode, stdout, stderr } = await run(argv, ROOT);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("SUCCESS");
  });

  test("fire when they should, and only then", async () => {
    const argv = ["promtool", "test", "rules", "aod.rules.test.yaml"];
    const { exitCode, stdout, stderr } = await run(argv, import.meta.dir);
    expect({ exitCode, said: exitCode === 0 ? "" : stdout + stderr }).toEqual({ exitCode: 0, said: "" });
  });

  test("are all evaluated, and see the incident", async () => {
    await prometheus.until('ALERTS{alertname="AodIncidentOpen"}', (series) => series.length > 0);
    const rules = await prometheus.rules();
    expect(rules.length).toBeGreaterThan(8);
    expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
  });
});

describe("the dashboard", () => {
  const queries = queriesOf(DASHBOARD);

  test("shows every metric except those that only other tools use", () => {
    const text = queries.map(({ expr }) => expr).join("\n");
    const unused = Object.values(METRIC_FAMILIES).filter(({ name }) => !text.includes(name));
    expect(unused.map(({ name }) => name).sort()).toEqual([
      "aod_config_last_reload_success_timestamp_seconds",
      "aod_requests_sent",
      "aod_rules",
      "aod_start_time_seconds",
      "process_cpu_seconds",
      "process_resident_memory_bytes",
      "process_start_time_seconds",
    ]);
  });

  test.each(queries.map(({ panel, expr }) => [panel, expr] as const))(
    "has data in %s: %s",
    async (_, expr) => {
      const series = await prometheus.query(substitute(expr));
      expect(series).not.toEqual([]);
      expect(series.filter(({ value }) => Number.isNaN(value))).toEqual([]);
    },
  );
});
