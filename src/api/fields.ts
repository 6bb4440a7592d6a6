// What the schemas of this room are made of: values, each with what it means. In: a meaning; out: valibot schemas that
// docs/api.md is made from. Units stand in the names of the fields.

import * as v from "valibot";

/** A field and what it says. */
export function field<const S extends v.GenericSchema>(schema: S, meaning: string) {
  return v.pipe(schema, v.description(meaning));
}

/** What is not known is null, never left out: whoever reads finds every name. */
export function known<const S extends v.GenericSchema>(schema: S, meaning: string) {
  return field(v.nullable(schema), meaning);
}

export function count(meaning: string) {
  return field(v.pipe(v.number(), v.integer(), v.minValue(0)), meaning);
}

/** Not negative: a duration in ms, a rate, a share. */
export function amount(meaning: string) {
  return field(v.pipe(v.number(), v.minValue(0)), meaning);
}

export function amountOrNull(meaning: string) {
  return field(v.nullable(v.pipe(v.number(), v.minValue(0))), meaning);
}

export function text(meaning: string) {
  return field(v.string(), meaning);
}

export function textOrNull(meaning: string) {
  return field(v.nullable(v.string()), meaning);
}

/** As `2026-11-23T01:23:45.678Z`. */
export function utc(meaning: string) {
  return field(v.pipe(v.string(), v.isoTimestamp()), meaning);
}

export function utcOrNull(meaning: string) {
  return field(v.nullable(v.pipe(v.string(), v.isoTimestamp())), meaning);
}

export function flag(meaning: string) {
  return field(v.boolean(), meaning);
}
