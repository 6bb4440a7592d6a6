// Carries the marks that rules have left on requests over to other rules. Pure.

/** From marks by the places of the old rules to marks by those of the new ones; what was shared stays shared. */
export function makeRemap(predecessors: readonly number[]): (marks: Uint8Array) => Uint8Array {
  const known = new Map<Uint8Array, Uint8Array>();
  return (marks) => {
    const made = known.get(marks) ?? Uint8Array.from(predecessors, (old) => marks[old] ?? 0);
    known.set(marks, made);
    return made;
  };
}
