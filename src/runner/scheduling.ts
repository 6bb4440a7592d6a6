// Scheduling on the runner's thread: slots for work in parallel, precedence of time-critical reads, and long work in
// time slices. Knows nothing of the work.

/** Runs a bounded number of tasks at the same time; the others wait in the order of their arrival. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Runs the task as soon as a slot is free, and frees the slot when the task has ended or failed. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      return await task();
    } finally {
      // The slot is handed on, not freed, so that no later task can overtake a waiting one.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/**
 * Gives time-critical reads precedence over encoding and writing: a machine in trouble has few time slices to give, and
 * the encoding of one capture must not delay the figures of another.
 */
export class Precedence {
  readonly #waiting: (() => void)[] = [];
  #reading = 0;

  /** Runs a time-critical read. Long work gets no time slice until it has ended. */
  async readFirst<T>(read: () => Promise<T>): Promise<T> {
    this.#reading++;
    try {
      return await read();
    } finally {
      this.#reading--;
      if (this.#reading === 0) for (const resume of this.#waiting.splice(0)) resume();
    }
  }

  /** Resolves when the next time slice of long work may begin: due events were handled, and no read is in progress. */
  readonly nextSlice = async (): Promise<void> => {
    await new Promise(setImmediate);
    while (this.#reading > 0) await new Promise<void>((resume) => this.#waiting.push(resume));
  };
}

/**
 * Runs long work in time slices, so that the thread can do other work in between: answer the supervisor's ping, read
 * the output of programs, and kill programs at their deadline. Throws the errors of `work` and `take`, and ends the
 * work then.
 * @param take gets each piece that the work yields.
 * @param nextSlice resolves when the next piece may be made.
 */
export async function runInSlices<Piece, Result>(
  work: Generator<Piece, Result, void>,
  take: (piece: Piece) => void,
  nextSlice: () => Promise<void>,
): Promise<Result> {
  try {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      take(value);
      await nextSlice();
    }
  } finally {
    work.return(undefined as Result);
  }
}
