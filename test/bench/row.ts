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
