// Types of values of configuration keys, as valibot schemas. Each has its own message, and the `range` that the
// documentation shows. schema.ts has the keys.

import * as v from "valibot";
import {
  hintAtList,
  hintAtNames,
  hintAtNumber,
  hintAtProgram,
  hintAtYaml11,
  type Message,
  mustBe,
} from "./message.ts";
import { show } from "./problem.ts";

export function within(least: number, most: number) {
  return numeric(`a number from ${least} to ${most}`, (value) => value >= least && value <= most);
}

export function whole(least: number, most: number) {
  const isFit = (value: number) => Number.isInteger(value) && value >= least && value <= most;
  return numeric(`a whole number from ${least} to ${most}`, isFit);
}

export function overZero(most?: number) {
  const phrase = most === undefined ? "a number over 0" : `a number over 0, up to ${most}`;
  return numeric(phrase, (value) => value > 0 && value <= (most ?? Number.MAX_VALUE));
}

export function numeric(range: string, isFit: (value: number) => boolean) {
  const message = mustBe(range, hintAtNumber);
  return v.pipe(v.number(message), v.check(isFit, message), v.metadata({ range }));
}

export function checkedText(
  range: string,
  isFit: (value: string) => boolean,
  hint?: (given: unknown) => string,
) {
  const message = mustBe(range, hint);
  return v.pipe(v.string(message), v.check(isFit, message), v.metadata({ range }));
}

export function yesOrNo() {
  return v.pipe(v.boolean(mustBe("true or false", hintAtYaml11)), v.metadata({ range: "true or false" }));
}

export function oneOf<const T extends readonly string[]>(names: T, range: string) {
  return v.pipe(v.picklist(names, mustBe(range, hintAtNames(names))), v.metadata({ range }));
}

export function listOf<S extends v.GenericSchema>(item: S, range: string, hint = hintAtList) {
  return v.pipe(v.array(item, mustBe(range, hint)), v.metadata({ range }));
}

/** A program and its arguments, for a run without a shell. */
export function command() {
  const range = "a list: a program's absolute path, then its arguments";
  return v.pipe(
    listOf(v.string(mustBe("text")), range, hintAtProgram),
    v.check(
      ([program = ""]) => isAbsolutePath(program),
      ({ input }) => notAbsolute(input),
    ),
    v.check((words) => !words.some((word) => word.includes("\0")), "must not have a zero byte"),
  );
}

function notAbsolute([program = ""]: readonly string[]): string {
  if (program === "") return "the program is missing";
  return (
    hintAtProgram([program])
      .trim()
      .replace(/^\(|\)$/g, "") || `${show(program)} is not an absolute path`
  );
}

export function isAbsolutePath(path: string): boolean {
  return path.startsWith("/") && !path.includes("\0") && path.length < 3072;
}

/** A key with its purpose. */
export function key<const S extends v.GenericSchema>(schema: S, meaning: string) {
  return v.pipe(schema, v.description(meaning));
}

/** A mapping of keys; `entries` stays readable for the check of unknown keys. */
export function mapping<E extends v.ObjectEntries>(
  entries: E,
  message: Message = mustBe("a mapping of keys"),
) {
  return v.pipe(v.custom<v.InferInput<v.ObjectSchema<E, undefined>>>(isMapping, message), v.object(entries));
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
