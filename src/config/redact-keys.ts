// Keys of the configuration for the redaction of captures, with their checks. Part of schema.ts, which has the other
// keys. The values are secrets: no message shows one.

import * as v from "valibot";
import type { Redaction } from "../model/redaction.ts";
import { checkPattern } from "../scrubber/own-patterns.ts";
import { makeScrubber } from "../scrubber/scrubber.ts";
import { MASK } from "../scrubber/span.ts";
import type { Message } from "./message.ts";
import type { KeyPath, Report } from "./problem.ts";
import { key, mapping } from "./schema-values.ts";

/** A shorter word is part of too many others: `a` would blank a capture. */
const WORD_MIN_CHARS = 4;
const WORD_MAX_CHARS = 256;
const WORDS_MAX = 1000;
const PATTERN_MAX_CHARS = 1000;
const PATTERNS_MAX = 100;

const aWord = v.pipe(
  secretText(
    `text of ${WORD_MIN_CHARS} to ${WORD_MAX_CHARS} characters, in one line`,
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a line of a log has none
    (word) => within(word.trim(), WORD_MIN_CHARS, WORD_MAX_CHARS) && !/[\u0000-\u001f]/.test(word),
  ),
  v.check(
    (word) => word.length < WORD_MIN_CHARS || !MASK.includes(word),
    `is part of the mark ${MASK}: choose another word`,
  ),
);
const aPattern = v.pipe(
  secretText(`a regular expression of RE2's syntax, of at most ${PATTERN_MAX_CHARS} characters`, (pattern) =>
    within(pattern, 1, PATTERN_MAX_CHARS),
  ),
  v.check(
    (pattern) => pattern === "" || faultOf(pattern) === undefined,
    ({ input }) => faultOf(input) ?? "",
  ),
);

export const redactSchema = mapping(
  {
    words: key(
      v.optional(secretList(aWord, "a list of texts", WORDS_MAX), []),
      "removed from captures wherever they occur; upper and lower case are distinct",
    ),
    patterns: key(
      v.optional(secretList(aPattern, "a list of regular expressions", PATTERNS_MAX), []),
      "text that matches one of these is removed from captures",
    ),
  },
  () => "must be a mapping of words and patterns",
);
type RedactEntry = v.InferOutput<typeof redactSchema>;

/** Warns about valid values that are probably mistakes. @param names of rules and actions, which file names contain. */
export function checkRedaction(
  { words, patterns }: RedactEntry,
  names: readonly string[],
  path: KeyPath,
  report: Report,
): void {
  for (const [index, word] of words.entries()) {
    if (names.some((name) => name.includes(word)))
      report.warn(
        [...path, "words", index],
        "is part of the name of a rule or an action: names of files keep it",
      );
  }
  for (const [index, pattern] of patterns.entries()) {
    if (hidesAll(pattern))
      report.warn(
        [...path, "patterns", index],
        "matches nearly every text: little of a capture would be left",
      );
  }
}

export function toRedaction({ words, patterns }: RedactEntry): Redaction {
  return { words: [...new Set(words)], patterns: [...new Set(patterns)] };
}

// --- internal ---

/** As `checkedText` of schema-values.ts, without the value in its messages. */
function secretText(range: string, isFit: (value: string) => boolean) {
  const message: Message = ({ input }) =>
    `must be ${range}${typeof input === "number" || typeof input === "boolean" ? " (put it in quotes)" : ""}`;
  return v.pipe(v.string(message), v.check(isFit, message), v.metadata({ range }));
}

function secretList<S extends v.GenericSchema>(item: S, range: string, most: number) {
  return v.pipe(
    v.array(item, () => `must be ${range}, in brackets or one a line behind a dash`),
    v.maxLength(most, `must have at most ${most} entries`),
    v.metadata({ range }),
  );
}

/** The message of the engine without its end, which quotes a part of the pattern. */
function faultOf(pattern: string): string | undefined {
  return checkPattern(pattern)?.replace(/:? ?`.*$/s, "");
}

function within(text: string, least: number, most: number): boolean {
  return text.length >= least && text.length <= most;
}

/** Texts that have nothing in common, except that each is one word. */
const UNLIKE = ["kernel", "42", "--", "Ж"];

function hidesAll(pattern: string): boolean {
  const scrubber = makeScrubber({ words: [], patterns: [pattern] });
  return UNLIKE.every((text) => scrubber.scrub(text).text.replaceAll(MASK, "") === "");
}
