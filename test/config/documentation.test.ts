// The shipped configuration, the examples and docs/configuration.md against the schema: none of them can drift.

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, parseDocument, stringify } from "yaml";
import { fill } from "../../scripts/gen-docs.ts";
import { parseBuiltIn, parseConfig } from "../../src/config/config.ts";
import { KEY_TABLE } from "../../src/config/key-table.ts";
import { ACTIONS } from "../../src/model/action.ts";
import type { Config } from "../../src/model/config.ts";
import { SIGNALS } from "../../src/model/signal.ts";

const ROOT = join(import.meta.dir, "../..");
const SHIPPED = readFileSync(join(ROOT, "config/aod.yaml"), "utf8");
/** With what stands there as a commented example. */
const WHOLE = SHIPPED.replace(/^# (?:notify|metrics|custom_actions):\n(#.*\n)+/gm, (example) =>
  example.replaceAll(/^# ?/gm, ""),
);
const DOCUMENT = readFileSync(join(ROOT, "docs/configuration.md"), "utf8");
/** The example of an action of one's own. */
const CUSTOM = "routes";
const RULE_PREFIX = "guardian.anomalies.NAME.";

const keys = KEY_TABLE.filter(({ range }) => range !== undefined);

function withoutOrigin({ file, sha256, ...rest }: Config): Omit<Config, "file" | "sha256"> {
  return rest;
}

describe("config/aod.yaml", () => {
  test("is the built-in default, without a warning", () => {
    const { config, problems } = parseConfig(SHIPPED);
    expect(problems).toEqual([]);
    expect(parseBuiltIn().config).toEqual(config as Config);
  });

  test("shows notify, metrics and custom_actions as valid examples", () => {
    const { config, problems } = parseConfig(WHOLE);
    expect(problems).toEqual([]);
    expect(config?.notify?.command.length).toBeGreaterThan(1);
    expect(config?.metrics?.listen).toEqual({ address: "127.0.0.1", port: 10445 });
    expect(config?.metrics?.textfile?.everyMs).toBe(15_000);
    expect(config?.customActions.map(({ name }) => name)).toEqual([CUSTOM]);
  });

  test("begins with the five lines that users change, each marked at its place", () => {
    const head = SHIPPED.slice(0, SHIPPED.indexOf("After a change"));
    const listed = [...head.matchAll(/^# {3}\((\d)\) (?:[a-z-]+: )?([a-z_]+) {2}/gm)];
    expect(listed.map(([, number]) => number)).toEqual(["1", "2", "3", "4", "5"]);
    for (const [, number, key] of listed) {
      const [, marked = ""] = SHIPPED.slice(head.length).split(`# (${number}) `);
      // The first line after the mark that is a setting, or an example of one.
      expect(marked.match(/^(?:#? *)([a-z_]+): [^ \n]/m)?.[1]).toBe(key as string);
    }
  });

  test("names documents by the path that they have on an installed host", () => {
    const paths = [...SHIPPED.matchAll(/\/usr\/share\/doc\/aod\/([\w./-]*\w)/g)].map(([, path = ""]) => path);
    expect(paths.length).toBeGreaterThan(3);
    const source = (path: string) =>
      path.endsWith(".md")
        ? `docs/${path}`
        : path.replace(/^examples\//, "packaging/").replace(/^examples$/, "config/examples");
    for (const path of paths)
      expect({ path, exists: existsSync(join(ROOT, source(path))) }).toEqual({ path, exists: true });
    expect(SHIPPED).not.toMatch(/(?<![\w/])(?:docs|config|packaging)\//);
  });

  test("shows every key of the schema", () => {
    const names = KEY_TABLE.map(({ path }) => path.split(/[.[\]]+/).at(-1)).filter((name) => name !== "NAME");
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !new RegExp(`^[-# ]*${name}:`, "m").test(SHIPPED))).toEqual([]);
  });

  test("names every action with its meaning", () => {
    for (const [name, what] of Object.entries(ACTIONS))
      expect(SHIPPED).toMatch(new RegExp(`${name} +${what}`));
  });

  test.each(
    keys
      .filter(({ fallback, path }) => fallback !== undefined && !path.startsWith(RULE_PREFIX))
      .map(({ path }) => [path]),
  )("gives %s its default", (path) => {
    const document = parseDocument(WHOLE);
    expect(document.deleteIn(path.replace("NAME", CUSTOM).split("."))).toBe(true);
    const { config } = parseConfig(stringify(document));
    expect(withoutOrigin(config as Config)).toEqual(withoutOrigin(parseConfig(WHOLE).config as Config));
  });

  test("can lose all its optional sections at once", () => {
    const document = parseDocument(SHIPPED);
    if (!isMap(document.contents)) throw new Error("no mapping");
    document.contents.items = document.contents.items.filter(({ key }) => String(key) === "guardian");
    const { config } = parseConfig(stringify(document));
    expect(withoutOrigin(config as Config)).toEqual(withoutOrigin(parseBuiltIn().config));
  });
});

describe("config/examples", () => {
  const names = readdirSync(join(ROOT, "config/examples")).sort();

  test("are five files", () => {
    expect(names).toEqual(["azure-files.yaml", "busy.yaml", "minimal.yaml", "netapp.yaml", "samba-lan.yaml"]);
  });

  test.each(names.map((name) => [name]))("%s has neither errors nor warnings", (name) => {
    const { config, problems } = parseConfig(readFileSync(join(ROOT, "config/examples", name)), name);
    expect(problems).toEqual([]);
    expect(config?.rules.length).toBeGreaterThan(0);
  });
});

describe("docs/configuration.md", () => {
  test("has both tables of keys, and `make gen` has nothing to change in them", () => {
    const sections = [...DOCUMENT.matchAll(/^<!-- gen: (.*) -->$/gm)].map(([, name]) => name);
    expect(sections).toEqual(["keys", "keys of rules"]);
    expect(fill(DOCUMENT)).toBe(DOCUMENT);
    for (const { path } of keys) expect(DOCUMENT).toContain(`| \`${path.replace(RULE_PREFIX, "")}\` |`);
  });

  test("has every signal with its meaning and when it counts", () => {
    const counts = {
      trouble: "always",
      idle: "while a task waits for the connection, else only if tracked",
      everyday: "only if tracked",
    };
    const rows = SIGNALS.map((signal) => `| \`${signal.name}\` | ${signal.what} | ${counts[signal.class]} |`);
    expect(DOCUMENT).toContain(rows.join("\n"));
  });

  test("has every action with its meaning", () => {
    for (const [name, what] of Object.entries(ACTIONS))
      expect(DOCUMENT).toContain(`| \`${name}\` | ${what} |`);
  });
});
