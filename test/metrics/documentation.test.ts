// docs/metrics.md, the table of metrics, the alert rules and the shipped dashboard agree with each other.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { fill } from "../../scripts/gen-docs.ts";
import { METRIC_FAMILIES, SUFFIXES } from "../../src/metrics/families.ts";
import { ROOT } from "../helpers/program.ts";

const DOCUMENT = readFileSync(join(ROOT, "docs/metrics.md"), "utf8");
const RULES = readFileSync(join(ROOT, "packaging/monitoring/aod.rules.yaml"), "utf8");
const DASHBOARD = readFileSync(join(ROOT, "packaging/monitoring/aod-dashboard.json"), "utf8");

interface Alert {
  readonly alert: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const alerts: readonly Alert[] = parse(RULES).groups.flatMap((group: { rules: Alert[] }) => group.rules);
const headings = [...DOCUMENT.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
  title.toLowerCase().replaceAll(" ", "-"),
);
const samples = Object.values(METRIC_FAMILIES).flatMap(({ name, type }) =>
  type === "histogram"
    ? ["_bucket", "_sum", "_count"].map((suffix) => name + suffix)
    : [name + SUFFIXES[type]],
);

describe("docs/metrics.md", () => {
  test("lists every metric as the table has it", () => {
    expect(fill(DOCUMENT)).toBe(DOCUMENT);
    for (const { name, type, help } of Object.values(METRIC_FAMILIES)) {
      expect(DOCUMENT).toContain(`| \`${name}${SUFFIXES[type]}\` | ${type} |`);
      expect(DOCUMENT).toContain(`| ${help} |`);
    }
  });

  test("links within the page lead to a heading", () => {
    const links = [...DOCUMENT.matchAll(/\]\(#([a-z-]+)\)/g)].map(([, anchor]) => anchor as string);
    expect(links.filter((anchor) => !headings.includes(anchor))).toEqual([]);
  });

  test("explains what to do about each alert, and has no other alerts", () => {
    for (const { alert, annotations } of alerts) {
      const page = `/usr/share/doc/aod/metrics.md#${alert.toLowerCase()}`;
      expect(annotations.runbook).toBe(page);
      expect(annotations.runbook_url).toBe(`file://${page}`);
      expect(annotations.summary?.length).toBeGreaterThan(10);
      expect(annotations.description?.length).toBeGreaterThan(10);
    }
    const documented = headings.filter((heading) => heading.startsWith("aod"));
    expect(documented).toEqual(alerts.map(({ alert }) => alert.toLowerCase()));
  });
});

describe.each([
  ["the alert rules", RULES],
  ["the dashboard", DASHBOARD],
])("%s", (_, text) => {
  test("query only metrics that exist", () => {
    const asked = new Set([...text.matchAll(/\b(?:aod|process)_[a-z_]+/g)].map(([name]) => name));
    expect(asked.size).toBeGreaterThan(10);
    expect([...asked].filter((name) => !samples.includes(name))).toEqual([]);
  });
});

describe("the dashboard", () => {
  const { panels, templating } = JSON.parse(DASHBOARD);

  test("has ids, positions and data sources that Grafana accepts", () => {
    const ids = panels.map(({ id }: { id: number }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { title, type, gridPos, targets = [], description } of panels) {
      expect(title).not.toBe("");
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), `${title} covers another panel`).toBe(false);
          taken.add(`${x} ${y}`);
        }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      if (type !== "row") expect(description, title).toBeTruthy();
      for (const { datasource, refId } of targets)
        expect(`${datasource.uid} ${refId}`).toMatch(/^\$\{datasource\} [A-Z]$/);
    }
  });

  test("offers a choice of data source, hosts and shares", () => {
    expect(templating.list.map(({ name }: { name: string }) => name)).toEqual([
      "datasource",
      "instance",
      "share",
    ]);
  });
});
