// The schema as a table of keys: for the hint where an unknown key belongs, for the documentation and for its test.
// It reads schemas, never values.

import type * as v from "valibot";
import { customActionSchema } from "./capture-schema.ts";
import { fileSchema, RULE_TYPES } from "./schema.ts";

export interface KeyRow {
  /** `guardian.anomalies.NAME.mode`; lists as `track_commands[].threshold`. */
  readonly path: string;
  readonly required: boolean;
  /** The default; undefined if there is none. */
  readonly fallback: unknown;
  /** The accepted values in words; undefined for sections. */
  readonly range: string | undefined;
  readonly meaning: string | undefined;
  /** Types of rules that have it; empty for keys outside rules. */
  readonly types: readonly string[];
}

const RULE_PATH = "guardian.anomalies.NAME";
const CUSTOM_PATH = "custom_actions.NAME";

/** The used parts of a valibot schema. Sections, optional keys and lists wrap each other. */
export interface Shape {
  readonly type: string;
  readonly literal?: unknown;
  /** The values or the variants of a choice. */
  readonly options?: readonly unknown[];
  /** The values of a mapping with arbitrary names. */
  readonly value?: Shape;
  readonly default?: unknown;
  readonly wrapped?: Shape;
  readonly item?: Shape;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly pipe?: readonly Shape[];
  readonly metadata?: { readonly range?: string };
  readonly description?: string;
}

/** The keys of a mapping; undefined for other schemas. */
export function entriesOf(schema: v.GenericSchema): Readonly<Record<string, v.GenericSchema>> | undefined {
  return findIn(schema as unknown as Shape, (shape) => shape.entries) as
    | Readonly<Record<string, v.GenericSchema>>
    | undefined;
}

/** The items of a list; undefined for other schemas. */
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

/** The sections that have a key of this name, as paths. */
export function homesOf(name: string): readonly string[] {
  const homes = KEY_TABLE.filter(({ path }) => path === name || path.endsWith(`.${name}`));
  return homes.map(({ path }) => path.slice(0, -name.length - 1));
}

/** The keys of rules. A key that is the same for several types appears once, a key that differs once for each type. */
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

/** The first result of `look` in a schema, in the schema that it wraps, and in its pipe. */
export function findIn<T>(shape: Shape, look: (shape: Shape) => T | undefined): T | undefined {
  const found = look(shape);
  if (found !== undefined) return found;
  for (const inner of [shape.wrapped, ...(shape.pipe ?? [])]) {
    const deeper = inner === undefined ? undefined : findIn(inner, look);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}
