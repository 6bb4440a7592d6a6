// What the counters were while all was well, so that a capture can say what changed. In: the wish to take a sample, and
// why; out: the last one for each action that wants it. The reading is done by children like that of actions: nothing
// of the daemon can hang on it. When a sample is due is decided by the supervisor; there is no timer here.

import type { SampleReason } from "../model/capture.ts";
import type { Host } from "./actions.ts";
import type { Children } from "./child.ts";
import { findProgram } from "./program.ts";
import type { Slots } from "./slots.ts";

/** Counters that are sampled, by the action that compares them: the files that both read. */
export const SAMPLED = {
  netstat: ["/proc/net/snmp", "/proc/net/netstat"],
  "stats-delta": ["/proc/fs/cifs/Stats", "/proc/fs/cifs/DebugData"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** How several files are printed by one program, each behind its name. */
export const PRINT_FILES = { program: "tail", options: ["-n", "+1"] } as const;

/** Kept in memory for as long as the runner lives: a larger one says nothing that a capture could not say itself. */
const LIMITS = { timeoutMs: 3_000, maxBytes: 1 << 20, keep: "head" } as const;

export interface Baseline {
  readonly text: string;
  /** When the reading began, ns of CLOCK_MONOTONIC. */
  readonly takenNs: number;
  readonly reason: SampleReason;
}

export interface BaselinesOptions {
  readonly host: Host;
  readonly children: Children;
  readonly slots: Slots;
  /** Ends what runs. */
  readonly stop: AbortSignal;
  /** ns of CLOCK_MONOTONIC. */
  readonly nowNs: () => number;
}

export class Baselines {
  readonly #options: BaselinesOptions;
  readonly #taken = new Map<string, Baseline>();
  #sampling: Promise<void> = Promise.resolve();

  constructor(options: BaselinesOptions) {
    this.#options = options;
  }

  /** Takes a sample of everything, after the one that is being taken. Throws nothing that the machine can cause. */
  async sample(reason: SampleReason): Promise<void> {
    const names = Object.keys(SAMPLED) as (keyof typeof SAMPLED)[];
    this.#sampling = this.#sampling.then(async () => {
      await Promise.all(names.map((name) => this.#options.slots.run(() => this.#take(name, reason))));
    });
    await this.#sampling;
  }

  /** The last sample for an action, if it was taken before that moment: what came later is no baseline of it. */
  before(action: string, ns: number): Baseline | undefined {
    const baseline = this.#taken.get(action);
    return baseline !== undefined && baseline.takenNs < ns ? baseline : undefined;
  }

  async #take(name: keyof typeof SAMPLED, reason: SampleReason): Promise<void> {
    const { host, children, stop, nowNs } = this.#options;
    const program = findProgram(PRINT_FILES.program);
    if (program === undefined || !SAMPLED[name].every((path) => host.exists(path))) return;
    const takenNs = nowNs();
    const argv = [program, ...PRINT_FILES.options, ...SAMPLED[name]] as const;
    const { end, exitCode, output, truncated } = await children.run(argv, LIMITS, stop);
    if (end !== "exited" || exitCode !== 0 || truncated) return;
    this.#taken.set(name, { text: new TextDecoder().decode(output), takenNs, reason });
  }
}
