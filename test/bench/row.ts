// What a benchmark says: one line of `make bench`'s table. Each script of this folder prints its rows with printRow and
// nothing else to standard output; run.ts collects them. Nothing is asserted here or there.

export interface Row {
  /** What was measured, with the conditions that the figure depends on. */
  readonly what: string;
  readonly measured: number;
  /** Of `measured`, and of the figures in `goal` and `reference`. */
  readonly unit: string;
  /** What is to be reached: `≤ 25 ns`. */
  readonly goal?: string;
  /** What the figure is to be compared with, measured in the same run or taken from a named source. */
  readonly reference?: string;
}

/** `make bench-short` runs everything once, to see that it delivers its figures, which are worth nothing. */
export const IS_SHORT = process.env.AOD_BENCH_SHORT === "1";

/** A size of a benchmark: the one that its figures are made with, or in the short form the least that it runs with. */
export function sized(full: number, short: number): number {
  return IS_SHORT ? short : full;
}

/** What is wrong with the rows of one benchmark, by line of text; empty where they are figures. */
export function problemsOf(rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return ["it printed no row"];
  return rows.flatMap(({ what, measured, unit }) => [
    ...(typeof what === "string" && what !== "" && typeof unit === "string"
      ? []
      : ["a row without a name or a unit"]),
    ...(Number.isFinite(measured) ? [] : [`${what}: ${measured} is not a figure`]),
  ]);
}

export function printRow(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

/** @param share 0 to 1; of a list that needs not be sorted. Throws on an empty one. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new Error("a percentile of nothing");
  return value;
}
