// Long work in pieces, so that a thread does what else is due between any two: answers the supervisor's ping, reads
// what programs print, ends those that are late. In: a generator and whoever takes its pieces; out: what it returns.
// Knows nothing of the work.

/**
 * Throws what the work throws, or who takes a piece; then the rest is not done.
 * @param turn resolves when the next piece may be made.
 */
export async function byTurns<Piece, Result>(
  work: Generator<Piece, Result, void>,
  take: (piece: Piece) => void,
  turn: () => Promise<void>,
): Promise<Result> {
  try {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      take(value);
      await turn();
    }
  } finally {
    work.return(undefined as Result);
  }
}
