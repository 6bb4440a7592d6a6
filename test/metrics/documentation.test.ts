// docs/metrics.md against the table of metrics, the alert rules and the shipped dashboard: none of them can drift.

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
  test("has every metric as the table has it", () => {
    expect(fill(DOCUMENT)).toBe(DOCUMENT);
    for (const { name, type, help } of Object.values(METRIC_FAMILIES)) {
      expect(DOCUMENT).toContain(`| \`${name}${SUFFIXES[type]}\` | ${type} |`);
      expect(DOCUMENT).toContain(`| ${help} |`);
    }
  });

  test("leads to a heading wherever it leads within itself", () => {
    const links = [...DOCUMENT.matchAll(/\]\(#([a-z-]+)\)/g)].map(([, anchor]) => anchor as string);
    expect(links.filter((anchor) => !headings.includes(anchor))).toEqual([]);
  });

  test("says what to do about each alert, and about no others", () => {
    for (const { alert, annotations } of alerts) {
      expect(annotations.runbook).toBe(`/usr/share/doc/aod/metrics.md#${alert.toLowerCase()}`);
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
  test("ask for no metric that there is not", () => {
    const asked = new Set([...text.matchAll(/\baod_[a-z_]+/g)].map(([name]) => name));
    expect(asked.size).toBeGreaterThan(10);
    expect([...asked].filter((name) => !samples.includes(name))).toEqual([]);
  });
});

describe("the dashboard", () => {
  const { panels, templating } = JSON.parse(DASHBOARD);

  test("has ids, places and sources that Grafana takes", () => {
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
      if (type !== "row") expect(description, title).toBeDefined();
      for (const { datasource, refId } of targets)
        expect(`${datasource.uid} ${refId}`).toMatch(/^\$\{datasource\} [A-Z]$/);
    }
  });

  test("lets its reader choose source, hosts and shares", () => {
    expect(templating.list.map(({ name }: { name: string }) => name)).toEqual([
      "datasource",
      "instance",
      "share",
    ]);
  });
});
