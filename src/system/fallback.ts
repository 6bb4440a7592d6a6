// Several ways to the same thing, in order of preference. In: ways that may throw; out: what the first that works gives, or
// an error that says of each why it does not.

/**
 * @param ways by name, for people; the first is tried first.
 * @throws an Error with all reasons, where none works.
 */
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
