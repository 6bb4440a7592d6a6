// Runs the tests. `make check` is `test.ts fast` and `make test` is `test.ts all`: the checks of the sources, then the
// tests. `make test-packages` (packages) tests the packages, `make test-operator` (operator) what users and their tools
// see in a browser, a terminal and Prometheus, `make test-hostile` (hostile) what dist/aod survives. It prints a line
// for each check and group, failures in full, and at the end `N passed, N failed`, with `, N skipped` if tests were
// skipped. The exit status is 1 if something failed or no test ran. It must not retry or change anything.

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readCases, type TestCase } from "./junit.ts";

interface Check {
  readonly name: string;
  readonly argv: readonly string[];
}

interface Group {
  readonly name: string;
  readonly takes: (path: string) => boolean;
  readonly timeoutMs: number;
}

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const ROOT = join(import.meta.dir, "..");
const REPORTS = join(ROOT, "build/test");
const BUN = process.execPath;

const C_FILES = findFiles("{bpf,test,scripts}/**/*.{c,h}");
const SHELL_FILES = findFiles("{.ci,scripts,test,packaging}/**/*").filter(isShell);

const CHECKS: readonly Check[] = [
  { name: "types", argv: ["node_modules/.bin/tsc", "--noEmit"] },
  // Code for the browser is checked against the types of a document, without those of Bun.
  {
    name: "types of the page's script",
    argv: ["node_modules/.bin/tsc", "--noEmit", "-p", "tsconfig.browser.json"],
  },
  { name: "lint", argv: ["node_modules/.bin/biome", "lint", "--colors=off", "--error-on-warnings"] },
  { name: "format", argv: ["node_modules/.bin/biome", "check", "--colors=off", "--linter-enabled=false"] },
  { name: "format of C", argv: ["clang-format", "--dry-run", "--Werror", ...C_FILES] },
  { name: "lint of shell scripts", argv: ["shellcheck", ...SHELL_FILES] },
  { name: "generated files", argv: [BUN, "scripts/gen-request.ts", "--check"] },
  { name: "generated documents", argv: [BUN, "scripts/gen-docs.ts", "--check"] },
];

const MINUTE_MS = 60_000;
/** Deadline of one test: it means that the test hangs, never that the machine is slow. */
const TEST_TIMEOUT_MS = 2 * MINUTE_MS;
const GROUPS: Readonly<Record<"fast" | "kernel" | "binary" | "packages" | "operator" | "hostile", Group>> = {
  fast: {
    name: "tests",
    takes: (path) => !/^test\/(kernel|binary|packages|operator|hostile)\//.test(path),
    timeoutMs: 10 * MINUTE_MS,
  },
  kernel: {
    name: "tests of the kernel side",
    takes: (path) => path.startsWith("test/kernel/"),
    timeoutMs: 10 * MINUTE_MS,
  },
  binary: {
    name: "tests of dist/aod",
    takes: (path) => path.startsWith("test/binary/"),
    timeoutMs: 10 * MINUTE_MS,
  },
  packages: {
    name: "tests of the packages",
    takes: (path) => path.startsWith("test/packages/"),
    timeoutMs: 20 * MINUTE_MS,
  },
  operator: {
    name: "tests of what users see",
    takes: (path) => path.startsWith("test/operator/"),
    timeoutMs: 15 * MINUTE_MS,
  },
  hostile: {
    name: "tests of what dist/aod survives",
    takes: (path) => path.startsWith("test/hostile/"),
    timeoutMs: 20 * MINUTE_MS,
  },
};
const EXTENT: Readonly<Record<string, readonly Group[]>> = {
  fast: [GROUPS.fast],
  all: [GROUPS.fast, GROUPS.kernel, GROUPS.binary],
  packages: [GROUPS.packages],
  operator: [GROUPS.operator],
  hostile: [GROUPS.hostile],
};

function findFiles(pattern: string): string[] {
  return [...new Bun.Glob(pattern).scanSync({ cwd: ROOT, dot: true })].sort();
}

function isShell(path: string): boolean {
  return /^#(!.*\b(ba|da)?sh\b| shellcheck shell=)/.test(
    readFileSync(join(ROOT, path), "utf8").split("\n", 1)[0] as string,
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function line(failed: boolean, text: string, startedAtMs: number): void {
  say(`${failed ? "FAIL" : "ok  "}  ${text} (${((performance.now() - startedAtMs) / 1000).toFixed(1)} s)`);
}

async function runCheck(check: Check, tally: Tally): Promise<void> {
  const startedAtMs = performance.now();
  let output: string;
  let ok = false;
  try {
    const child = Bun.spawn([...check.argv], { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const texts = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    output = texts.join("");
    ok = (await child.exited) === 0;
  } catch (error) {
    output = `${check.argv[0]}: ${String(error)}\n`;
  }
  tally[ok ? "passed" : "failed"] += 1;
  if (!ok) process.stdout.write(output);
  line(!ok, check.name, startedAtMs);
}

/** Runs two checks at a time, because most of them use one CPU. */
async function runChecks(checks: readonly Check[], tally: Tally): Promise<void> {
  const left = [...checks];
  const lane = async (): Promise<void> => {
    for (let check = left.shift(); check !== undefined; check = left.shift()) await runCheck(check, tally);
  };
  await Promise.all([lane(), lane()]);
}

/** Runs bun once for each group, so that a crash in native code does not end another group. */
async function runGroup(group: Group, tally: Tally): Promise<void> {
  const files = findFiles("test/**/*.test.ts").filter(group.takes);
  // Without a file, bun would run all tests.
  if (files.length === 0) return;
  const startedAtMs = performance.now();
  const report = join(REPORTS, `${group.name.replaceAll(" ", "-").replaceAll("/", "-")}.xml`);
  rmSync(report, { force: true });
  const argv = [
    "test",
    `--timeout=${TEST_TIMEOUT_MS}`,
    "--only-failures",
    "--reporter=junit",
    `--reporter-outfile=${report}`,
  ];
  const child = Bun.spawn([BUN, ...argv, ...files.map((file) => `./${file}`)], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    timeout: group.timeoutMs,
  });
  const exitCode = await child.exited;

  const cases = existsSync(report) ? readCases(readFileSync(report, "utf8")) : [];
  const counts = tallyUp(cases, files);
  if (exitCode !== 0 && counts.failed === 0) {
    say(`bun test ended with ${child.signalCode ?? exitCode}`);
    counts.failed += 1;
  }
  for (const text of describeLeftOut(cases)) say(text);
  line(
    counts.failed > 0,
    `${group.name}: ${counts.passed} of ${cases.length} in ${files.length} files`,
    startedAtMs,
  );
  for (const key of ["passed", "failed", "skipped"] as const) tally[key] += counts[key];
}

/** A file without a case counts as failed, because the report leaves out files that threw while they were loaded. */
function tallyUp(cases: readonly TestCase[], files: readonly string[]): Tally {
  const counts: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of cases) counts[outcome] += 1;
  const seen = new Set(cases.map((one) => one.file));
  for (const file of files) {
    if (seen.has(file)) continue;
    say(`no test of ${file} ran`);
    counts.failed += 1;
  }
  return counts;
}

/** One line for each unit with skipped tests: their number and their unit. By convention the title gives the reason. */
function describeLeftOut(cases: readonly TestCase[]): string[] {
  const left = cases.filter(({ outcome }) => outcome === "skipped");
  const byUnit = Map.groupBy(left, ({ file, unit, name }) => `${file}: ${unit === "" ? name : unit}`);
  return [...byUnit].map(([title, { length, 0: first }]) =>
    length === 1
      ? `1 left out, ${title}${first?.unit === "" ? "" : ` > ${first?.name}`}`
      : `${length} left out, ${title}`,
  );
}

const groups = EXTENT[process.argv[2] ?? ""];
if (groups === undefined) {
  say("usage: test.ts fast|all|packages|operator|hostile");
  process.exit(64);
}
mkdirSync(REPORTS, { recursive: true });
const sum: Tally = { passed: 0, failed: 0, skipped: 0 };
await runChecks(groups.includes(GROUPS.fast) ? CHECKS : [], sum);
const checksPassed = sum.passed;
for (const group of groups) await runGroup(group, sum);
if (sum.passed === checksPassed && sum.failed === 0) {
  say("no test ran");
  sum.failed += 1;
}
say(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ""}`);
process.exit(sum.failed > 0 ? 1 : 0);
