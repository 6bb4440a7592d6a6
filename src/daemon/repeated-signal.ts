// A signal that may arrive a thousand times a second. The first one starts a run at once; all signals that arrive
// meanwhile lead to one more run. Further signals are counted: they would repeat the same run. Pure but for the run.

export interface RepeatedSignalOptions {
  /** The run that the signal requests; the next one starts when it has resolved. Must not throw. */
  readonly act: () => Promise<void>;
  /** The signal arrived while a run was already due. */
  readonly onSurplus: () => void;
  /** A run has ended; `count` surplus signals, at least 1, were ignored since the run before. */
  readonly onIgnored: (count: number) => void;
}

export class RepeatedSignal {
  readonly #options: RepeatedSignalOptions;
  #isActing = false;
  #isDue = false;
  #surplus = 0;

  constructor(options: RepeatedSignalOptions) {
    this.#options = options;
  }

  readonly take = (): void => {
    if (!this.#isActing) void this.#run();
    else if (!this.#isDue) this.#isDue = true;
    else {
      this.#surplus++;
      this.#options.onSurplus();
    }
  };

  async #run(): Promise<void> {
    this.#isActing = true;
    do {
      this.#isDue = false;
      await this.#options.act();
      if (this.#surplus > 0) this.#options.onIgnored(this.#surplus);
      this.#surplus = 0;
    } while (this.#isDue);
    this.#isActing = false;
  }
}
