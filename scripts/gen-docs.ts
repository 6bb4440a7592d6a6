// Writes the generated tables of documents: `gen-docs.ts`, or `gen-docs.ts --check`, which only compares. It reads the
// schemas of src/api and src/config, the table of metrics and the results of guest runs, and replaces the tables
// between the markers `<!-- gen: NAME -->` and `<!-- end -->` of the documents below. The text around them is written
// by hand.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capturesSchema } from "../src/api/capture.ts";
import { doctorSchema } from "../src/api/doctor.ts";
import { incidentSchema, verdictSchema } from "../src/api/incident.ts";
import { liveSchema, rowSchema } from "../src/api/live.ts";
import { answerSchema, questionSchema } from "../src/api/protocol.ts";
import { scrubbedSchema } from "../src/api/scrubbed.ts";
import { recentSchema, statusSchema } from "../src/api/status.ts";
import { findIn, KEY_TABLE, type KeyRow, type Shape } from "../src/config/key-table.ts";
import { RULE_TYPES } from "../src/config/schema.ts";
import { METRIC_FAMILIES, SUFFIXES } from "../src/metrics/families.ts";
import { errnoName } from "../src/model/errno.ts";
import { LOSS_CAUSES } from "../src/model/losses.ts";
import { REFUSAL_CAUSES } from "../src/model/refusals.ts";
import { STATUS_MEANINGS } from "../src/model/status-meaning.ts";
import { EXIT_STATUS } from "./package/exit-status.ts";
import { mountRows, situationRows, situationSums } from "./quality.ts";

const ROOT = join(import.meta.dir, "..");
const RULE_PREFIX = "guardian.anomalies.NAME.";

/** Shapes that are used in several places and described in one. */
const NAMED: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [incidentSchema, "incident"],
  [verdictSchema, "verdict"],
  [recentSchema, "recent"],
  [rowSchema, "row"],
  [statusSchema, "status"],
  [liveSchema, "live"],
]);

const keys = KEY_TABLE.filter(({ range }) => range !== undefined);

const SECTIONS: Readonly<Record<string, () => readonly string[]>> = {
  questions: () => variantTable(questionSchema, "ask"),
  answers: () => variantTable(answerSchema, "type"),
  status: () => fieldTable(statusSchema),
  live: () => fieldTable(liveSchema),
  captures: () => fieldTable(findIn(asShape(capturesSchema), ({ item }) => item)),
  scrubbed: () => fieldTable(findIn(asShape(scrubbedSchema), ({ item }) => item)),
  doctor: () => fieldTable(doctorSchema),
  incident: () => fieldTable(incidentSchema),
  verdict: () => fieldTable(verdictSchema),
  recent: () => fieldTable(recentSchema),
  row: () => fieldTable(rowSchema),
  "exit codes": () =>
    table(
      ["code", "meaning"],
      EXIT_STATUS.map(([code, meaning]) => [`${code}`, meaning]),
    ),
  metrics: () =>
    table(
      ["metric", "type", "labels", "what it is", "what for"],
      Object.values(METRIC_FAMILIES).map((family) => [
        `\`${family.name}${SUFFIXES[family.type]}\``,
        family.type,
        family.labels.join(", "),
        family.help,
        family.why,
      ]),
    ),
  losses: () =>
    table(
      ["cause", "what was lost"],
      Object.entries(LOSS_CAUSES).map(([cause, meaning]) => [`\`${cause}\``, meaning]),
    ),
  refusals: () =>
    table(
      ["cause", "what was refused"],
      Object.entries(REFUSAL_CAUSES).map(([cause, meaning]) => [`\`${cause}\``, meaning]),
    ),
  statuses: () =>
    table(
      ["cause", "in words", "statuses", "what to do next"],
      STATUS_MEANINGS.map(({ cause, words, advice, statuses, errnos = [], commands }) => [
        cause === undefined ? "none" : `\`${cause}\``,
        words,
        [
          statuses === "any"
            ? "any other"
            : statuses.map((name) => `\`${name.replace(/^STATUS_/, "")}\``).join(" "),
          ...(commands === undefined ? [] : [`of ${commands.map((name) => `\`${name}\``).join(", ")}`]),
          ...(errnos.length === 0
            ? []
            : [`without a request: ${errnos.map((errno) => `\`${errnoName(errno)}\``).join(" ")}`]),
        ]
          .filter((part) => part !== "")
          .join("; "),
        advice,
      ]),
    ),
  situations: () => {
    const { titles, rows } = situationRows();
    return table(titles, rows);
  },
  "situations by kernel": () => {
    const { titles, rows } = situationSums();
    return table(titles, rows);
  },
  mounts: () => {
    const { titles, rows } = mountRows();
    return table(titles, rows);
  },
  keys: () =>
    table(
      ["key", "default", "takes", "meaning"],
      keys
        .filter(({ path }) => !path.startsWith(RULE_PREFIX))
        .map((row) => [`\`${row.path}\``, fallbackOf(row), row.range ?? "", row.meaning ?? ""]),
    ),
  "keys of rules": () =>
    table(
      ["key", "type", "default", "takes", "meaning"],
      keys
        .filter(({ path }) => path.startsWith(RULE_PREFIX))
        .map((row) => [
          `\`${row.path.slice(RULE_PREFIX.length)}\``,
          row.types.length === Object.keys(RULE_TYPES).length ? "all" : row.types.join(", "),
          fallbackOf(row),
          row.range ?? "",
          row.meaning ?? "",
        ]),
    ),
};

const DOCUMENTS = [
  "docs/api.md",
  "docs/configuration.md",
  "docs/metrics.md",
  "docs/quality.md",
  "docs/verdict.md",
];
const SECTION = /(<!-- gen: ([a-z ]+) -->\n).*?(\n<!-- end -->)/gs;

/** The document with its tables replaced. Throws for an unknown section. */
export function fill(text: string): string {
  return text.replaceAll(SECTION, (_, begin: string, name: string, end: string) => {
    const make = SECTIONS[name];
    if (make === undefined)
      throw new Error(`unknown section ${name}; known are ${Object.keys(SECTIONS).join(", ")}`);
    return `${begin}\n${make().join("\n")}\n${end}`;
  });
}

function asShape(schema: unknown): Shape {
  return schema as Shape;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`.replaceAll(/\| {2}(?=\|)/g, "| ");
  return [line(titles), `|${"---|".repeat(titles.length)}`, ...rows.map(line)];
}

function fieldTable(schema: unknown): readonly string[] {
  return table(["field", "what", "meaning"], rowsOf(asShape(schema), ""));
}

/** One table for all variants; each begins with a row that has its name. */
function variantTable(schema: unknown, key: string): readonly string[] {
  const rows = (asShape(schema).options as readonly Shape[]).flatMap((option) => {
    const { version: _, [key]: name, ...fields } = option.entries ?? {};
    const [literal, meaning] = [findIn(name as Shape, ({ literal }) => literal), meaningOf(name as Shape)];
    const own = [`**\`${literal}\`**`, "", meaning];
    return [own, ...rowsOf({ type: "object", entries: fields }, "")];
  });
  return table([`\`${key}\`, and its fields`, "what", "meaning"], rows);
}

/** The row of a field, followed by the rows of its own fields. */
function rowsOf(shape: Shape, prefix: string): readonly (readonly string[])[] {
  return Object.entries(findIn(shape, ({ entries }) => entries) ?? {}).flatMap(([name, inner]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const item = findIn(inner, (one) => one.item);
    const below = item === undefined ? rowsBelow(inner, path) : rowsBelow(item, `${path}[]`);
    return [[`\`${path}\``, kindOf(inner), meaningOf(inner)], ...below];
  });
}

function rowsBelow(shape: Shape, path: string): readonly (readonly string[])[] {
  return nameOf(shape) === undefined ? rowsOf(shape, path) : [];
}

function meaningOf(shape: Shape): string {
  return findIn(shape, ({ description }) => description) ?? "";
}

function nameOf(shape: Shape): string | undefined {
  return findIn(shape, (one) => NAMED.get(one));
}

/** The type in words, for a reader who does not know the schema. */
function kindOf(shape: Shape): string {
  if (shape.type === "nullable") return `${kindOf(shape.wrapped as Shape)} or null`;
  if (shape.type === "optional")
    return `${kindOf(shape.wrapped as Shape)}; ${shape.default === undefined ? "may be left out" : `without it ${shape.default}`}`;
  const name = nameOf(shape);
  if (name !== undefined) return `[${name}](#${name})`;
  const [base] = shape.pipe ?? [];
  if (base?.type === "nullable") return kindOf(base);
  if (shape.options !== undefined) return shape.options.map((option) => `\`${option}\``).join(", ");
  if (shape.literal !== undefined) return `\`${shape.literal}\``;
  if (shape.item !== undefined) return `list of ${kindOf(shape.item)}`;
  if (shape.type === "record") return `object, any name: ${kindOf(shape.value as Shape)}`;
  const has = (type: string) => findIn(shape, (one) => (one.type === type ? true : undefined)) === true;
  if (shape.type === "string") return has("iso_timestamp") ? "time" : "text";
  if (shape.type === "number") return has("integer") ? "whole number" : "number";
  return shape.type.endsWith("object") ? "object" : shape.type;
}

function fallbackOf({ required, fallback }: KeyRow): string {
  if (required) return "required";
  if (fallback === undefined) return "";
  return Array.isArray(fallback) ? `\`[${fallback.join(", ")}]\`` : `\`${fallback}\``;
}

if (import.meta.main) {
  for (const document of DOCUMENTS) {
    const path = join(ROOT, document);
    const [text, filled] = [readFileSync(path, "utf8"), fill(readFileSync(path, "utf8"))];
    if (text === filled) continue;
    if (!process.argv.includes("--check")) writeFileSync(path, filled);
    else {
      process.stderr.write(`${document} does not match the schemas: run \`make gen\`\n`);
      process.exitCode = 1;
    }
  }
}
