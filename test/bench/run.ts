// `make bench`: runs every benchmark of this folder, one after the other, and collects the rows that they print
// (row.ts) in one table, and in build/bench.json. It must not assert figures; exit status 1 means that a benchmark did
// not finish. `run.ts ring at-rest` runs only these two. `make bench-short`, or `run.ts --short`, runs everything once
// with tiny sizes: it stores no figures, a benchmark passes if it delivers some, and the last line is `N passed, N
// failed`.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { basename, join } from "node:path";
import { problemsOf, type Row } from "./row.ts";

const ROOT = join(import.meta.dir, "../..");
const NO_BENCHMARKS = ["run.ts", "row.ts"];
const isShort = process.argv.includes("--short");
/** Deadline of one benchmark in its short form: it means that the benchmark hangs. */
const HANGS_MS = 300_000;
const COLUMNS = ["what", "measured", "goal", "reference"] as const;

interface Result {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly exitCode: number;
}

async function runBenchmark(file: string): Promise<Result> {
  const name = basename(file, ".ts");
  process.stderr.write(`  ${name}\n`);
  const child = Bun.spawn([process.execPath, join(import.meta.dir, file)], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    env: { ...process.env, AOD_BENCH_SHORT: isShort ? "1" : "0" },
    ...(isShort && { timeout: HANGS_MS }),
  });
  const output = await new Response(child.stdout).text();
  const rows = output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
  return { name, rows, exitCode: await child.exited };
}

/** Prints the problems of each. @returns how many delivered no figures. */
function countFailed(results: readonly Result[]): number {
  const failed = results.filter(({ name, rows, exitCode }) => {
    const problems = [...problemsOf(rows), ...(exitCode === 0 ? [] : [`exit status ${exitCode}`])];
    for (const problem of problems) process.stdout.write(`${name}: ${problem}\n`);
    return problems.length > 0;
  });
  return failed.length;
}

function cells({ what, measured, unit, goal, reference }: Row): Record<(typeof COLUMNS)[number], string> {
  // More than three digits would be noise.
  const shown = measured >= 100 ? String(Math.round(measured)) : String(Number(measured.toPrecision(3)));
  return { what, measured: `${shown} ${unit}`.trimEnd(), goal: goal ?? "", reference: reference ?? "" };
}

function table(rows: readonly Row[]): string {
  const lines = [Object.fromEntries(COLUMNS.map((name) => [name, name])), ...rows.map(cells)];
  const widths = COLUMNS.map((name) => Math.max(...lines.map((line) => (line[name] ?? "").length)));
  return lines
    .map((line) =>
      COLUMNS.map((name, i) => (line[name] ?? "").padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const wanted = process.argv.slice(2).filter((argument) => argument !== "--short");
const files = [...new Bun.Glob("*.ts").scanSync(import.meta.dir)]
  .filter((file) => !NO_BENCHMARKS.includes(file) && !file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.includes(basename(file, ".ts")))
  .sort();
const results: Result[] = [];
for (const file of files) results.push(await runBenchmark(file));

if (isShort) {
  const failed = countFailed(results);
  process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
  process.exit(results.length > 0 && failed === 0 ? 0 : 1);
}

const rows = results.flatMap((result) => result.rows);
const build = readFileSync(join(ROOT, "build/version"), "utf8").trim();
const host = `Linux ${release()}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}`;
process.stdout.write(`aod ${build}, ${host}\n\n${table(rows)}\n`);
for (const { name, exitCode } of results) {
  if (exitCode !== 0) process.stdout.write(`${name} did not come to its end: exit status ${exitCode}\n`);
}
mkdirSync(join(ROOT, "build"), { recursive: true });
const report = { build, host, measured_at: new Date().toISOString(), rows };
writeFileSync(join(ROOT, "build/bench.json"), `${JSON.stringify(report, null, 2)}\n`);
process.exit(results.length > 0 && results.every(({ exitCode }) => exitCode === 0) ? 0 : 1);
