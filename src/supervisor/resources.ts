// The resources that the host grants to aod: file descriptors, processes, memory. It says whether a thread can be
// started, and makes a finding for status, log and doctor from the shortages that all threads have counted. Pure but
// for the reserve of descriptors.

import type { Losses } from "../model/capture.ts";
import { EXHAUSTION_CAUSES, type Exhaustion } from "../model/exhaustion.ts";
import type { TroubleFinding } from "../model/trouble.ts";
import type { DescriptorReserve } from "../system/descriptor-reserve.ts";

export interface ResourcesOptions {
  readonly reserve: Pick<DescriptorReserve, "check" | "isWhole" | "release">;
  /** The losses of all threads, by cause. */
  readonly losses: () => Losses;
  /** ns of CLOCK_MONOTONIC. */
  readonly nowNs: () => number;
}

/** A shortage is over if it has not occurred for this time. */
const OVER_AFTER_NS = 30e9;

/** The worst first. */
const SHORTAGES: readonly (readonly [Exhaustion, string])[] = [
  ["EMFILE", "no file descriptor was free (EMFILE): steps are retried; raise LimitNOFILE of the service"],
  [
    "EAGAIN",
    "no process or thread could be started (EAGAIN): they are retried; raise TasksMax of the service",
  ],
  ["ENOMEM", "memory was refused (ENOMEM): steps are retried; give the host or the service more"],
  ["ENFILE", "the host had no file left to open (ENFILE): steps are retried; raise fs.file-max"],
];
const ON_RESERVE =
  "no file descriptor is free (EMFILE): aod uses its reserve; raise LimitNOFILE of the service";

export class Resources {
  readonly #options: ResourcesOptions;
  readonly #seen = new Map<Exhaustion, { readonly count: number; readonly grownNs: number }>();

  constructor(options: ResourcesOptions) {
    this.#options = options;
  }

  /**
   * Whether enough descriptors are free for a thread or a capture that starts now; the reserve is released if
   * necessary.
   */
  hasRoom(): boolean {
    return this.#options.reserve.check();
  }

  check(): TroubleFinding | undefined {
    this.hasRoom();
    return this.finding();
  }

  /** The shortages so far; opens no descriptor. */
  finding(): TroubleFinding | undefined {
    const recent = SHORTAGES.filter(([exhaustion]) => this.#isRecent(exhaustion)).map(([, text]) => text);
    const text = this.#options.reserve.isWhole ? recent[0] : ON_RESERVE;
    return text === undefined ? undefined : { text, isRepaired: false };
  }

  end(): void {
    this.#options.reserve.release();
  }

  #isRecent(exhaustion: Exhaustion): boolean {
    const { losses, nowNs } = this.#options;
    const count = losses()[EXHAUSTION_CAUSES[exhaustion]] ?? 0;
    const before = this.#seen.get(exhaustion) ?? { count: 0, grownNs: -Infinity };
    const grownNs = count > before.count ? nowNs() : before.grownNs;
    this.#seen.set(exhaustion, { count, grownNs });
    return nowNs() - grownNs < OVER_AFTER_NS;
  }
}
