// Converts the marks that rules have left on requests when the rules are replaced. Pure.

/**
 * Makes the conversion from marks by old rule index to marks by new rule index. Marks that requests shared stay shared.
 * @param predecessors by new index: the old index, or -1.
 */
export function makeRemap(predecessors: readonly number[]): (marks: Uint8Array) => Uint8Array {
  const known = new Map<Uint8Array, Uint8Array>();
  return (marks) => {
    const made = known.get(marks) ?? Uint8Array.from(predecessors, (old) => marks[old] ?? 0);
    known.set(marks, made);
    return made;
  };
}
