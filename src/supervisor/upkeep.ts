// Checks the things that aod depends on and others can take away while it runs: the output folder and its lock, the control socket.
// In: a check for each, which repairs the damage if that is safe; out: troubles. Runs every few seconds, and at each request for the
// status: a removed folder must be noticed before the next incident.

import type { TroubleFinding, TroubleSubject } from "../model/trouble.ts";
import type { Troubles } from "./troubles.ts";

const CHECK_EVERY_MS = 10_000;

export type Check = () => TroubleFinding | undefined;

export class Upkeep {
  readonly #troubles: Troubles;
  readonly #checks = new Map<TroubleSubject, Check>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(troubles: Troubles) {
    this.#troubles = troubles;
  }

  /** Adds a check, which never throws. Checks run in the order in which they were added. */
  watch(subject: TroubleSubject, check: Check): void {
    this.#checks.set(subject, check);
  }

  begin(): void {
    this.#timer = setInterval(() => this.check(), CHECK_EVERY_MS);
  }

  /** Checks everything now. */
  check(): void {
    for (const [subject, check] of this.#checks) this.#troubles.note(subject, check());
  }

  /** Nothing is made again from now on. */
  end(): void {
    clearInterval(this.#timer);
    this.#checks.clear();
  }
}
