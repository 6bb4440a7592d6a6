import { describe, expect, test } from "bun:test";
import { searchOnce, WORDS } from "../../src/scrubber/engine.ts";
import { makeScrubber } from "../../src/scrubber/scrubber.ts";
import { type Random, seeded } from "../helpers/random.ts";
import { BUILT_IN_RULES } from "../helpers/scrubber.ts";

/** The texts that recognisers look for between words: separators, quotes, marks, and beginnings of known forms. */
const MARKS = [
  ...[
    "=",
    ":",
    ": ",
    " = ",
    "=>",
    ":=",
    "==",
    "::",
    "%",
    "%3D",
    ",",
    ",,",
    ";",
    "; ",
    "&",
    "&&",
    "|",
    " | ",
    "<<<",
  ],
  ...[
    "'",
    '"',
    "`",
    '\\"',
    "\\\\",
    "\\",
    "''",
    '""',
    '"""',
    "'''",
    "&quot;",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    "</",
    "/>",
  ],
  ...[
    " ",
    "  ",
    "\t",
    "\n",
    "\n  ",
    "\n- ",
    "\0",
    "\r\n",
    "-",
    "--",
    "/",
    "//",
    "@",
    "$",
    "$6$",
    "|\n  ",
    "+",
    "#",
  ],
  ...[
    "<![CDATA[",
    "]]>",
    "[scrubbed]",
    "a1=",
    'a1="',
    "a1[0]=",
    "a1_len=9 ",
    "eyJ",
    "ghp_",
    "xoxb-",
    "AKIA",
    "0x",
    "deadbeef",
  ],
  ...[
    "00112233445566778899aabbccddeeff",
    "0011223344556677",
    "aa ",
    "aa:",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
  ],
  ...["x", "7", "joe", "for ", "hunter2", "MIIEvQIBADANBgkqhkiG", "é"],
] as const;
const NAMES = [
  ...[
    "password",
    "pass",
    "pwd",
    "token",
    "secret_key",
    "PASSWORD",
    "session key",
    "Session Key: ",
    "nt hash",
    "key",
    "auth",
  ],
  ...[
    "name",
    "value",
    "user",
    "username",
    "sig",
    "proctitle",
    "cmd",
    "data",
    "authorization",
    "cookie",
    "Bearer ",
    "Basic ",
  ],
  ...[
    "identified by ",
    "login ",
    "machine ",
    "curl -u ",
    "echo ",
    "kinit ",
    "mysql -p",
    "docker login ",
    "-U",
    "-p ",
    "--password ",
    "thin",
  ],
] as const;
const CORE = [...MARKS, ...NAMES] as unknown as [string, ...string[]];
const ALL = [
  ...new Set([...CORE, ...WORDS.map(([word]) => word), ...WORDS.map(([word]) => `--${word} `)]),
] as [string, ...string[]];

/** Characters that one pass reads, and the number of pieces. */
function measureWork(text: string): number {
  const search = searchOnce(text, Number.POSITIVE_INFINITY);
  let steps = 0;
  for (let step = search.next(); !step.done; step = search.next()) steps = step.value.reader.steps;
  return steps;
}

function repeat(text: string, length: number): string {
  return text.repeat(Math.ceil(length / text.length)).slice(0, length);
}

function expectLinear(make: (length: number) => string, length: number, message: string): void {
  const [half, whole] = [measureWork(make(length)), measureWork(make(2 * length))];
  expect(whole / half, `${message}: ${half} and ${whole} steps`).toBeLessThanOrEqual(2.5);
  expect(whole / (2 * length), message).toBeLessThan(STEPS_MAX);
}

/** Steps for each character: the sum of bounded reads around each character. */
const STEPS_MAX = 128;

function soup(random: Random, words: readonly [string, ...string[]], length: number): string {
  let text = "";
  while (text.length < length) text += random.pick(words) + (random.chance(0.2) ? " " : "");
  return text.slice(0, length);
}

/** A timeout only for tests that hang. */
const HANGS_MS = 120_000;

describe("twice the text takes at most 2.5 times the work", () => {
  test(
    "for every pair of texts that the rules wait for, in alternation",
    () => {
      for (const first of CORE) {
        for (const second of CORE)
          expectLinear((length) => repeat(first + second, length), 1024, JSON.stringify([first, second]));
      }
    },
    HANGS_MS,
  );

  test(
    "for pairs and triples of all words",
    () => {
      const random = seeded();
      for (let round = 0; round < 3000; round++) {
        const parts = Array.from({ length: random.int(1, 3) }, () => random.pick(ALL));
        expectLinear(
          (length) => repeat(parts.join(""), length),
          1024,
          `${random.seedText} ${JSON.stringify(parts)}`,
        );
      }
    },
    HANGS_MS,
  );

  test(
    "for random text of these words",
    () => {
      const random = seeded();
      for (let round = 0; round < 100; round++) {
        const text = soup(random, ALL, 8192);
        expectLinear(
          (length) => repeat(text, length),
          // The first occurrence has no text before it, and takes less.
          2 * 8192,
          `${random.seedText} ${JSON.stringify(text.slice(0, 200))}`,
        );
      }
    },
    HANGS_MS,
  );

  test.each([
    ["a name, blanks, a letter", (n: number) => `session key${" ".repeat(n)}x`],
    ["names that end in commas", (n: number) => repeat("password=,", n)],
    ["short names that end in commas", (n: number) => repeat("pwd=,", n)],
    ["a quote that stays open", (n: number) => `password="${"x".repeat(n)}`],
    ["quotes that stay open in one word", (n: number) => `password=${repeat("a'b\"c`", n)}`],
    ["deep escapes", (n: number) => `{\\"password\\":${"\\".repeat(n)}"`],
    ["escapes before names", (n: number) => repeat(`${"\\".repeat(32)}"password`, n)],
    ["one line without a blank", (n: number) => "x".repeat(n)],
    ["one line of blanks", (n: number) => " ".repeat(n)],
    ["blanks between short words", (n: number) => repeat(`pass${" ".repeat(200)}`, n)],
    ["many short lines", (n: number) => repeat("a=b\n", n)],
    ["lines that end with a name", (n: number) => repeat("password:\n", n)],
    ["blocks without an end", (n: number) => repeat("password: |\n  x\n", n)],
    ["a URL without a host", (n: number) => `http://u:${"/x:".repeat(n / 3)}`],
    ["URLs within URLs", (n: number) => repeat("//u:p", n)],
    ["elements that stay open", (n: number) => repeat("<password", n)],
    ["a command with many arguments", (n: number) => `curl ${repeat("-u a ", n)}`],
    ["commands of commands", (n: number) => repeat("curl mysql docker net ", n)],
    ["a list of arguments", (n: number) => `type=EXECVE ${repeat("a1=70617373 ", n)}`],
    [
      "hexadecimal of hexadecimal",
      (n: number) => `proctitle=${Buffer.from(repeat("proctitle=7061 ", n / 2)).toString("hex")}`,
    ],
    ["values before names", (n: number) => repeat('"value":"x","name":"password",', n)],
    ["marks of keys", (n: number) => repeat("-----BEGIN PRIVATE KEY-----\n", n)],
    ["dashes", (n: number) => "-".repeat(n)],
  ])(
    "for %s",
    (what, make) => {
      expectLinear(make, 16 << 10, what);
    },
    HANGS_MS,
  );
});

test("a list of arguments that never ends is read in parts of at most 192 Ki characters", () => {
  const search = searchOnce(repeat('a1="x" ', 1 << 20), 64 << 10);
  let most = 0;
  let before = 0;
  for (let step = search.next(); !step.done; step = search.next()) {
    most = Math.max(most, step.value.at - before);
    before = step.value.at;
  }
  expect(most).toBeLessThan(192 << 10);
});

describe("scrubbed text", () => {
  test(
    "does not change when it is scrubbed again",
    () => {
      const random = seeded();
      for (let round = 0; round < 5000; round++) {
        const once = BUILT_IN_RULES.scrub(soup(random, ALL, random.int(1, 160)));
        const twice = BUILT_IN_RULES.scrub(once.text);
        expect(twice, random.seedText).toEqual({ text: once.text, count: 0 });
      }
    },
    HANGS_MS,
  );

  test(
    "is the same if it is scrubbed in slices, and each slice does a bounded part of the work",
    () => {
      const random = seeded();
      const scrubber = makeScrubber({ words: ["joe"], patterns: ["h[a-z]+r2"] });
      for (let round = 0; round < 5; round++) {
        const text = soup(random, ALL, random.int(1, 200_000));
        const slices = scrubber.inSlices(text);
        let count = 0;
        let step = slices.next();
        for (; !step.done; step = slices.next()) count++;
        expect(step.value, random.seedText).toEqual(scrubber.scrub(text));
        expect(count, random.seedText).toBeGreaterThan(text.length / (64 << 10));
      }
    },
    HANGS_MS,
  );
});
