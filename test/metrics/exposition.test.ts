import { describe, expect, test } from "bun:test";
import { BOUNDS } from "../../src/metrics/buckets.ts";
import { encode, type Samples, type ServedFormat, tidyLabel } from "../../src/metrics/exposition.ts";
import { METRIC_FAMILIES } from "../../src/metrics/families.ts";
import { readMetrics } from "../helpers/metrics-text.ts";
import { type Random, seeded } from "../helpers/random.ts";

const FORMATS = ["openmetrics", "text"] as const;
const SAMPLES: Samples = {
  build: [{ labels: ["1.2.3", "abc"], value: 1 }],
  cpu_seconds: [{ labels: [], value: 0.25 }],
  attached: [{ labels: [], value: 1 }],
  losses: [],
  request_duration_seconds: [
    { labels: ["//files/db", "SMB2_READ"], below: BOUNDS.map((_, i) => i), count: 20, sum: 1.5 },
  ],
};

/** A name that a hostile server could choose. */
function hostile(random: Random): string {
  const parts: [string, ...string[]] = [
    "\n",
    "\r",
    '"',
    "\\",
    "\0",
    "{",
    "}",
    ",",
    "=",
    " ",
    "#",
    "é",
    "\u202e",
    "\ud800",
    "\u2028",
    "a",
    "n",
  ];
  return Array.from({ length: random.int(0, 300) }, () => random.pick(parts)).join("");
}

describe("the text of metrics", () => {
  test("is OpenMetrics, to the byte", () => {
    const text = encode({ ...SAMPLES, request_duration_seconds: [] }, "openmetrics");
    expect(text).toBe(`# HELP aod_attached ${METRIC_FAMILIES.attached.help}
# TYPE aod_attached gauge
aod_attached 1
# HELP aod_cpu_seconds ${METRIC_FAMILIES.cpu_seconds.help}
# TYPE aod_cpu_seconds counter
# UNIT aod_cpu_seconds seconds
aod_cpu_seconds_total 0.25
# HELP aod_build ${METRIC_FAMILIES.build.help}
# TYPE aod_build info
aod_build_info{version="1.2.3",commit="abc"} 1
# EOF
`);
  });

  test("is the older format, to the byte", () => {
    const text = encode({ ...SAMPLES, request_duration_seconds: [] }, "text");
    expect(text).toBe(`# HELP aod_attached ${METRIC_FAMILIES.attached.help}
# TYPE aod_attached gauge
aod_attached 1
# HELP aod_cpu_seconds_total ${METRIC_FAMILIES.cpu_seconds.help}
# TYPE aod_cpu_seconds_total counter
aod_cpu_seconds_total 0.25
# HELP aod_build_info ${METRIC_FAMILIES.build.help}
# TYPE aod_build_info gauge
aod_build_info{version="1.2.3",commit="abc"} 1
`);
  });

  test("leaves the metrics of any process to node_exporter in a textfile, and has them in a scrape", () => {
    const value = [{ labels: [], value: 1 }];
    const samples: Samples = {
      cpu_seconds: value,
      process_cpu_seconds: value,
      process_resident_memory_bytes: value,
      process_start_time_seconds: value,
    };
    const namesIn = (format: ServedFormat | "textfile") =>
      encode(samples, format)
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => line.split(" ")[0]);
    const ofAnyProcess = [
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "process_start_time_seconds",
    ];
    for (const format of FORMATS) expect(namesIn(format)).toEqual(["aod_cpu_seconds_total", ...ofAnyProcess]);
    expect(namesIn("textfile")).toEqual(["aod_cpu_seconds_total"]);
  });

  test("of a histogram has every bound, all replies as the last bucket, and the sum", () => {
    const lines = encode(SAMPLES, "text")
      .split("\n")
      .filter((line) => line.startsWith("aod_request_duration"));
    const labels = 'share="//files/db",command="SMB2_READ"';
    expect(lines).toHaveLength(BOUNDS.length + 3);
    expect(lines[0]).toBe(`aod_request_duration_seconds_bucket{${labels},le="0.000065536"} 0`);
    expect(lines.slice(-3)).toEqual([
      `aod_request_duration_seconds_bucket{${labels},le="+Inf"} 20`,
      `aod_request_duration_seconds_sum{${labels}} 1.5`,
      `aod_request_duration_seconds_count{${labels}} 20`,
    ]);
  });

  test.each(FORMATS.map((format) => [format]))(
    "is parsed to the same samples, %s",
    (format: ServedFormat) => {
      const families = readMetrics(encode(SAMPLES, format), format);
      const names = format === "text" ? "aod_cpu_seconds_total" : "aod_cpu_seconds";
      expect(families.get(names)?.samples).toEqual([
        { name: "aod_cpu_seconds_total", labels: {}, value: 0.25 },
      ]);
      expect(families.get("aod_request_duration_seconds")?.samples).toHaveLength(BOUNDS.length + 3);
      expect([...families.keys()].filter((name) => name.startsWith("aod_losses"))).toEqual([]);
    },
  );

  test.each(FORMATS.map((format) => [format]))(
    "keeps every label within its quotes, %s",
    (format: ServedFormat) => {
      const random = seeded();
      for (let i = 0; i < 500; i++) {
        const [share, status] = [hostile(random), hostile(random)];
        const text = encode(
          { request_errors: [{ labels: [share, "SMB2_READ", status, "failure"], value: i }] },
          format,
        );
        const [family] = readMetrics(text, format).values();
        const labels = {
          share: tidyLabel(share),
          command: "SMB2_READ",
          status: tidyLabel(status),
          class: "failure",
        };
        expect(family?.samples).toEqual([{ name: "aod_request_errors_total", labels, value: i }]);
        expect(text).not.toMatch(/[\r\0\u2028\u202e]/);
        expect(text.isWellFormed()).toBe(true);
      }
    },
  );
});

describe("the table of families", () => {
  const rows = Object.values(METRIC_FAMILIES);

  test.each(rows.map((row) => [row.name, row] as const))(
    "%s follows the naming rules of Prometheus",
    (name, row) => {
      expect(name).toMatch(/^(aod|process)_[a-z]+(_[a-z]+)*$/);
      expect(name).not.toMatch(/_(total|count|sum|bucket|info|milliseconds|ms|ns|kb|mb)$/);
      if (row.unit !== undefined) expect(name).toEndWith(`_${row.unit}`);
      expect(/_(seconds|bytes)$/.test(name)).toBe(row.unit !== undefined);
      expect(row.help).toMatch(/^[A-Z0-9][^\n\\]*[^.\s]$/);
      expect(row.labels.filter((label) => !/^[a-z]+$/.test(label) || label === "le")).toEqual([]);
    },
  );

  test("has no label that identifies single processes or requests", () => {
    const labels = new Set(rows.flatMap((row) => row.labels));
    expect([...labels].sort()).toEqual(
      [
        "share",
        "server",
        "errno",
        "family",
        "command",
        "status",
        "class",
        "rule",
        "kind",
        "cause",
        "thread",
        "subject",
        "version",
        "commit",
      ].sort(),
    );
  });
});
