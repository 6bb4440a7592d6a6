// Checks what aod depends on and other programs can remove while it runs: the output folder and its lock, the control
// socket. Each check repairs the damage if that is safe. Runs every few seconds and at each `aod status`: a removed
// folder must be noticed before the next incident.

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

  /** Stops: nothing is repaired from now on. */
  end(): void {
    clearInterval(this.#timer);
    this.#checks.clear();
  }
}
