// "Did you mean …?": the valid name that is nearest to a mistyped one. Pure.

/** The candidate nearest to `typed`; undefined if none is near enough. */
export function suggest(typed: string, candidates: readonly string[]): string | undefined {
  const word = typed.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of candidates) {
    const target = name.toLowerCase();
    // "WRITE" for SMB2_WRITE and "latency" for Latency are as near as one typing error.
    const isPart = word.length >= 3 && target.endsWith(`_${word}`);
    const tolerance = Math.max(1, target.length / 3);
    if (!isPart && Math.abs(word.length - target.length) > tolerance) continue;
    const distance = isPart || word === target ? 0.5 : editDistance(word, target);
    if (distance <= tolerance && (best === undefined || distance < best.distance)) {
      best = { name, distance };
    }
  }
  return best?.name;
}

/** ` (did you mean NAME?)`, or nothing. */
export function didYouMean(typed: unknown, candidates: readonly string[]): string {
  const name = typeof typed === "string" ? suggest(typed, candidates) : undefined;
  return name === undefined ? "" : ` (did you mean ${name}?)`;
}

/** The longest word that is compared. Names are shorter, and the cost is the product of both lengths. */
const WORD_MAX = 64;

/** The number of letters to change, add, remove or swap with a neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  if (a.length > WORD_MAX || b.length > WORD_MAX) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(beforeLast, j - 2) + 1);
      }
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], j: number): number {
  return row[j] ?? Number.POSITIVE_INFINITY;
}
