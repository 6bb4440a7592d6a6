// Tries several ways to the same result, in order of preference; if none works, the error names the reason of each.

/** @param ways by name, for people; the first is tried first. @throws an Error with all reasons if none works. */
export function firstThatWorks<T>(ways: Readonly<Record<string, () => T>>): T {
  const reasons: string[] = [];
  for (const [name, way] of Object.entries(ways)) {
    try {
      return way();
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(reasons.join("; "));
}
