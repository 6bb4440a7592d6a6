// The output of a benchmark: one line of the table of `make bench`. Each script of this folder prints its rows with
// printRow and nothing else to standard output; run.ts collects them. Neither may assert anything.

export interface Row {
  /** What was measured, with the conditions that the figure depends on. */
  readonly what: string;
  readonly measured: number;
  /** The unit of `measured`, and of the figures in `goal` and `reference`. */
  readonly unit: string;
  /** The goal: `≤ 25 ns`. */
  readonly goal?: string;
  /** The reference figure, measured in the same run or taken from a named source. */
  readonly reference?: string;
}

/** `make bench-short` runs everything once, to check that figures come; the figures themselves are meaningless. */
export const IS_SHORT = process.env.AOD_BENCH_SHORT === "1";

/** A size of a benchmark: the full one, or in the short form the smallest that works. */
export function sized(full: number, short: number): number {
  return IS_SHORT ? short : full;
}

/** The problems with the rows of one benchmark, one for each line of text; empty if all are figures. */
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

/** A quantile of a list, which need not be sorted. @param share 0 to 1. Throws for an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new Error("a percentile of nothing");
  return value;
}
