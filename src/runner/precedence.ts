// What looks at the moment goes before what only writes it down: a machine in trouble has few turns to give, and
// encoding one capture must not make the figures of another late. Knows nothing of either.

export class Precedence {
  readonly #waiting: (() => void)[] = [];
  #looking = 0;

  /** Runs what must not be held up. */
  async first<T>(look: () => Promise<T>): Promise<T> {
    this.#looking++;
    try {
      return await look();
    } finally {
      this.#looking--;
      if (this.#looking === 0) for (const resume of this.#waiting.splice(0)) resume();
    }
  }

  /** For who writes: when everything else had its turn, and nobody looks. */
  readonly turn = async (): Promise<void> => {
    await new Promise(setImmediate);
    while (this.#looking > 0) await new Promise<void>((resume) => this.#waiting.push(resume));
  };
}
