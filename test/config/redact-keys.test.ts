import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "../../src/config/config.ts";
import { readConfigFile } from "../../src/config/file.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const RULE = "guardian: {anomalies: {slow: {type: Latency, acceptable_count: 10}}}\n";

function parse(redact: string) {
  const { config, problems } = parseConfig(`${RULE}redact: ${redact}\n`, "aod.yaml");
  return { redaction: config?.redaction, problems: problems.map(formatProblem) };
}

describe("redact", () => {
  test("is empty by default", () => {
    expect(parseConfig(RULE).config?.redaction).toEqual({ words: [], patterns: [] });
    expect(parse("{}").redaction).toEqual({ words: [], patterns: [] });
  });

  test("has words and patterns without duplicates", () => {
    const { redaction, problems } = parse("{words: [Nightjar, Nightjar, four], patterns: ['EMP-\\d{6}']}");
    expect(problems).toEqual([]);
    expect(redaction).toEqual({ words: ["Nightjar", "four"], patterns: ["EMP-\\d{6}"] });
  });

  test.each([
    ["a word of one letter", "{words: [a]}", "redact.words[0]: must be text of 4 to 256 characters"],
    ["a word of blanks", "{words: ['      ']}", "redact.words[0]: must be text of 4 to 256 characters"],
    ["a word of two lines", '{words: ["hunter\\nhunter"]}', "in one line"],
    ["a number", "{words: [12345678]}", "in one line (put it in quotes)"],
    ["a part of the mark", "{words: [crubbe]}", "redact.words[0]: is part of the mark [scrubbed]"],
    ["a word without its list", "{words: hunter2}", "redact.words: must be a list of texts"],
    ["a pattern without its list", "{patterns: hunter2}", "redact.patterns: must be a list of regular"],
    ["a list without its key", "[hunter2]", "redact: must be a mapping of words and patterns"],
    ["an invalid pattern", "{patterns: [fine, '(hunter2']}", "aod.yaml:2:27: redact.patterns[1]: "],
    ["an empty pattern", "{patterns: ['']}", "redact.patterns[0]: must be a regular expression"],
    ["a pattern that matches nothing at all", "{patterns: ['(hunter2)?']}", "redact.patterns[0]: "],
    ["an unknown key", "{word: []}", "unknown key (did you mean words?)"],
    ["an alias without an anchor", "{words: [*hunter2]}", "has no anchor before it"],
    ["a bracket too many", '{words: ["hunter2"]]}', "is not valid YAML"],
    ["a text behind a text", '{words: ["a b" "hunter2"]}', "is not valid YAML"],
  ])("refuses %s, and does not repeat it", (_, redact, message) => {
    const { redaction, problems } = parse(redact);
    expect(redaction).toBe(undefined);
    expect(problems.join("\n")).toContain(message);
    expect(problems.join("\n")).not.toContain("hunter2");
  });

  test("reports every mistake at once", () => {
    const { problems } = parse("{words: [a, fine, 12345], patterns: ['(x', '(?=x)', 'x*']}");
    expect(problems.map((problem) => /redact\.\w+\[\d\]/.exec(problem)?.[0])).toEqual([
      "redact.words[0]",
      "redact.words[2]",
      "redact.patterns[0]",
      "redact.patterns[1]",
      "redact.patterns[2]",
    ]);
  });

  test("refuses more words than can be searched quickly", () => {
    const words = Array.from({ length: 1001 }, (_, at) => `word-${at}`);
    expect(parse(`{words: [${words}]}`).problems.join()).toContain("must have at most 1000 entries");
  });

  test.each([".+", "\\S+", "(?s).+"])("warns about a pattern that hides nearly everything: %s", (pattern) => {
    const { redaction, problems } = parse(`{patterns: ['${pattern}']}`);
    expect(redaction?.patterns).toEqual([pattern]);
    expect(problems.join()).toContain("warning: matches nearly every text");
  });

  test("accepts a pattern of many words without a warning", () => {
    expect(parse("{patterns: ['\\w+@corp\\.example', '[a-z]+-vault', '.*@corp']}").problems).toEqual([]);
  });

  test("warns about a word that is part of file names", () => {
    const { redaction, problems } = parse("{words: [slow]}");
    expect(redaction?.words).toEqual(["slow"]);
    expect(problems.join()).toContain("warning: is part of the name of a rule or an action");
  });

  test("warns if the mode of the file lets other users read the words", () => {
    const path = join(tempDir(), "aod.yaml");
    const warned = (text: string, mode: number, group: number) => {
      writeFileSync(path, text);
      chmodSync(path, mode);
      if (process.getuid?.() === 0) chownSync(path, 0, group);
      return readConfigFile(path).problems.map(formatProblem).join().includes("chmod 600");
    };
    const withWords = `${RULE}redact: {words: [Nightjar]}\n`;
    expect(warned(withWords, 0o644, 0)).toBe(true);
    expect(warned(withWords, 0o600, 0)).toBe(false);
    expect(warned(`${RULE}redact: {patterns: [Nightjar]}\n`, 0o644, 0)).toBe(false);
    // Only root can give a file to another group.
    if (process.getuid?.() === 0) {
      expect(warned(withWords, 0o640, 0)).toBe(false);
      expect(warned(withWords, 0o640, 4)).toBe(true);
    }
  });
});
