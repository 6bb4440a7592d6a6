// The schema as a table of keys: for unknown keys and where they belong, for the documentation and its test.
// In: valibot schemas; out: plain rows. Reads schemas, never values.

import type * as v from "valibot";
import { customActionSchema } from "./capture-schema.ts";
import { fileSchema, RULE_TYPES } from "./schema.ts";

export interface KeyRow {
  /** `guardian.anomalies.NAME.mode`; lists as `track_commands[].threshold`. */
  readonly path: string;
  readonly required: boolean;
  /** Undefined where there is none. */
  readonly fallback: unknown;
  /** What it takes; undefined for sections. */
  readonly range: string | undefined;
  readonly meaning: string | undefined;
  /** Types of rules that have it; empty for keys outside rules. */
  readonly types: readonly string[];
}

const RULE_PATH = "guardian.anomalies.NAME";
const CUSTOM_PATH = "custom_actions.NAME";

/** What of a schema is looked at here; sections, optional keys and lists wrap one another. */
export interface Shape {
  readonly type: string;
  readonly literal?: unknown;
  /** Of a choice: its values, or its variants. */
  readonly options?: readonly unknown[];
  /** Of a mapping with any names. */
  readonly value?: Shape;
  readonly default?: unknown;
  readonly wrapped?: Shape;
  readonly item?: Shape;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly pipe?: readonly Shape[];
  readonly metadata?: { readonly range?: string };
  readonly description?: string;
}

/** The keys of a mapping; undefined for what is none. */
export function entriesOf(schema: v.GenericSchema): Readonly<Record<string, v.GenericSchema>> | undefined {
  return findIn(schema as unknown as Shape, (shape) => shape.entries) as
    | Readonly<Record<string, v.GenericSchema>>
    | undefined;
}

/** What a list is made of; undefined for what is none. */
export function itemOf(schema: v.GenericSchema): v.GenericSchema | undefined {
  return findIn(schema as unknown as Shape, (shape) => shape.item) as v.GenericSchema | undefined;
}

export function isOptional(schema: v.GenericSchema): boolean {
  return schema.type === "optional";
}

/** Every key, sections first, in the order in which they are documented. */
export const KEY_TABLE: readonly KeyRow[] = [
  ...rowsOf(fileSchema, "", []),
  ...rowsOf(customActionSchema, CUSTOM_PATH, []),
  ...ruleRows(),
];

/** Where keys of this name belong: paths without the name. */
export function homesOf(name: string): readonly string[] {
  const homes = KEY_TABLE.filter(({ path }) => path === name || path.endsWith(`.${name}`));
  return homes.map(({ path }) => path.slice(0, -name.length - 1));
}

/** Keys that are the same for several types appear once; those that differ, once for each. */
function ruleRows(): KeyRow[] {
  const rows = new Map<string, KeyRow>();
  for (const { title, schema } of Object.values(RULE_TYPES)) {
    for (const row of rowsOf(schema, RULE_PATH, [title])) {
      const { types: _, ...content } = row;
      const key = JSON.stringify(content);
      const types = [...(rows.get(key)?.types ?? []), title];
      rows.set(key, { ...row, types });
    }
  }
  return [...rows.values()];
}

function rowsOf(schema: v.GenericSchema, prefix: string, types: readonly string[]): KeyRow[] {
  return Object.entries(entriesOf(schema) ?? {}).flatMap(([name, inner]) => {
    const shape = inner as unknown as Shape;
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const row: KeyRow = {
      path,
      required: !isOptional(inner),
      fallback: shape.default,
      range: findIn(shape, ({ metadata }) => metadata?.range),
      meaning: findIn(shape, ({ description }) => description),
      types,
    };
    const item = itemOf(inner);
    const below = item === undefined ? rowsOf(inner, path, types) : rowsOf(item, `${path}[]`, types);
    return [row, ...below];
  });
}

/** The first answer in a schema, what it wraps, and what it is piped through. */
export function findIn<T>(shape: Shape, look: (shape: Shape) => T | undefined): T | undefined {
  const found = look(shape);
  if (found !== undefined) return found;
  for (const inner of [shape.wrapped, ...(shape.pipe ?? [])]) {
    const deeper = inner === undefined ? undefined : findIn(inner, look);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}
