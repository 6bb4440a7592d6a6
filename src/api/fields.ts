// Building blocks of the schemas in this room: values with their meanings, from which docs/api.md is generated. Names
// of fields contain their unit.

import * as v from "valibot";

/** A field with its meaning. */
export function field<const S extends v.GenericSchema>(schema: S, meaning: string) {
  return v.pipe(schema, v.description(meaning));
}

/** A field that is null if its value is not known. Fields are never left out, so a reader finds every name. */
export function known<const S extends v.GenericSchema>(schema: S, meaning: string) {
  return field(v.nullable(schema), meaning);
}

/** A whole number that is not negative. */
export function count(meaning: string) {
  return field(v.pipe(v.number(), v.integer(), v.minValue(0)), meaning);
}

/** A number that is not negative: a duration in ms, a rate, a ratio. */
export function amount(meaning: string) {
  return field(v.pipe(v.number(), v.minValue(0)), meaning);
}

export function amountOrNull(meaning: string) {
  return field(v.nullable(v.pipe(v.number(), v.minValue(0))), meaning);
}

export function string(meaning: string) {
  return field(v.string(), meaning);
}

export function stringOrNull(meaning: string) {
  return field(v.nullable(v.string()), meaning);
}

/** A time as `2026-11-23T01:23:45.678Z`. */
export function utc(meaning: string) {
  return field(v.pipe(v.string(), v.isoTimestamp()), meaning);
}

export function utcOrNull(meaning: string) {
  return field(v.nullable(v.pipe(v.string(), v.isoTimestamp())), meaning);
}

export function flag(meaning: string) {
  return field(v.boolean(), meaning);
}
