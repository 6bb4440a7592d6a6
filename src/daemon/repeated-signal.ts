// A signal that may come a thousand times a second. In: the signal, and the run that it asks for; out: one run at once, and one more
// for all signals that came meanwhile. Signals beyond that are counted: they would repeat the same run. Pure but for the run.

export interface RepeatedSignalOptions {
  /** The run that the signal asks for; the next one begins when it has resolved. Throws nothing. */
  readonly act: () => Promise<void>;
  /** The signal came while a run was already due. */
  readonly left: () => void;
  /** A run is over; `count` signals were left out since the run before, at least 1. */
  readonly leftOut: (count: number) => void;
}

export class RepeatedSignal {
  readonly #options: RepeatedSignalOptions;
  #isActing = false;
  #isDue = false;
  #left = 0;

  constructor(options: RepeatedSignalOptions) {
    this.#options = options;
  }

  readonly take = (): void => {
    if (!this.#isActing) void this.#run();
    else if (!this.#isDue) this.#isDue = true;
    else {
      this.#left++;
      this.#options.left();
    }
  };

  async #run(): Promise<void> {
    this.#isActing = true;
    do {
      this.#isDue = false;
      await this.#options.act();
      if (this.#left > 0) this.#options.leftOut(this.#left);
      this.#left = 0;
    } while (this.#isDue);
    this.#isActing = false;
  }
}
