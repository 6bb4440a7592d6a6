// Samples of counters from before an incident, so that a capture can show what changed: the last sample of each action
// that compares counters, the last failed attempt, and the number of failures by cause. Children read the files, as for
// actions, so that no thread of the daemon can hang on them. The supervisor decides when a sample is due; there is no
// timer here.

import type { SampleFailure, SampleReason } from "../model/capture.ts";
import type { ChildResult, Children } from "./child.ts";
import type { Host } from "./plan.ts";
import { findProgram } from "./program.ts";
import type { Slots } from "./scheduling.ts";
import { SS_ARGS } from "./socket-plan.ts";

/** The files of sampled counters, by the action that compares them. The sample and the action read the same files. */
export const SAMPLED = {
  netstat: ["/proc/net/snmp", "/proc/net/netstat"],
  "stats-delta": ["/proc/fs/cifs/Stats", "/proc/fs/cifs/DebugData"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The program that prints several files, each below its name. */
export const PRINT_FILES = { program: "tail", options: ["-n", "+1"] } as const;

interface SamplePlan {
  /** It has to be installed. */
  readonly program: string;
  readonly args: readonly string[];
  /** They have to exist. */
  readonly files: readonly string[];
}

const SAMPLE_PLANS: Readonly<Record<string, SamplePlan>> = {
  ...Object.fromEntries(
    Object.entries(SAMPLED).map(([name, files]) => [
      name,
      { program: PRINT_FILES.program, args: [...PRINT_FILES.options, ...files], files },
    ]),
  ),
  // In aod's own network namespace: which other namespace will have a hanging mount is not known yet.
  sockets: { program: "ss", args: SS_ARGS, files: [] },
};

/** The text stays in memory for as long as the runner lives, so it is bounded. */
const LIMITS = { timeoutMs: 3_000, maxBytes: 1 << 20, keep: "head" } as const;

export interface Baseline {
  readonly text: string;
  /** When the reading began, ns of CLOCK_MONOTONIC. */
  readonly takenNs: number;
  readonly reason: SampleReason;
}

/** An attempt to take a sample that failed. */
export interface FailedSample extends Omit<Baseline, "text"> {
  /** A text for people. */
  readonly why: string;
}

export interface BaselinesOptions {
  readonly host: Host;
  readonly children: Pick<Children, "run">;
  readonly slots: Slots;
  /** Ends running programs. */
  readonly stop: AbortSignal;
  /** ns of CLOCK_MONOTONIC. */
  readonly nowNs: () => number;
}

export class Baselines {
  readonly #options: BaselinesOptions;
  readonly #taken = new Map<string, Baseline>();
  /** The last attempt, by action, if it failed. */
  readonly #failed = new Map<string, FailedSample>();
  readonly #losses: Record<SampleFailure, number> = {
    samples_timed_out: 0,
    samples_too_big: 0,
    samples_failed: 0,
  };
  #sampling: Promise<void> = Promise.resolve();

  constructor(options: BaselinesOptions) {
    this.#options = options;
  }

  /** Failed samples by cause, since the start. A file or program that the host does not have is not a failure. */
  get losses(): Readonly<Record<SampleFailure, number>> {
    return this.#losses;
  }

  /** Samples all counters, after any sampling in progress. Throws nothing that the machine can cause. */
  async sample(reason: SampleReason): Promise<void> {
    const plans = Object.entries(SAMPLE_PLANS);
    this.#sampling = this.#sampling.then(async () => {
      const takes = plans.map(([name, plan]) =>
        this.#options.slots.run(() => this.#take(name, plan, reason)),
      );
      await Promise.all(takes);
    });
    await this.#sampling;
  }

  /** The last sample for an action, if it was taken before that moment: a later one is not a baseline. */
  before(action: string, ns: number): Baseline | undefined {
    const baseline = this.#taken.get(action);
    return baseline !== undefined && baseline.takenNs < ns ? baseline : undefined;
  }

  /** The last attempt for an action, if it failed and began before that moment. */
  failedBefore(action: string, ns: number): FailedSample | undefined {
    const failed = this.#failed.get(action);
    return failed !== undefined && failed.takenNs < ns ? failed : undefined;
  }

  async #take(name: string, { program, args, files }: SamplePlan, reason: SampleReason): Promise<void> {
    const { host, children, stop, nowNs } = this.#options;
    const takenNs = nowNs();
    const path = findProgram(program);
    const absent = files.find((file) => !host.exists(file));
    if (path === undefined || absent !== undefined) {
      const why = absent === undefined ? `${program} is not installed` : `${absent} does not exist`;
      this.#failed.set(name, { takenNs, reason, why });
      return;
    }
    const result = await children.run([path, ...args], LIMITS, stop);
    if (stop.aborted) return;
    const failure = failureOf(result);
    if (failure === undefined) {
      this.#taken.set(name, { text: new TextDecoder().decode(result.output), takenNs, reason });
      this.#failed.delete(name);
    } else {
      this.#losses[failure.cause]++;
      this.#failed.set(name, { takenNs, reason, why: failure.why });
    }
  }
}

/** Why the sample failed; undefined for a good one. */
function failureOf({
  end,
  exitCode,
  truncated,
  errorText,
}: ChildResult): { readonly cause: SampleFailure; readonly why: string } | undefined {
  if (end === "timed_out") return { cause: "samples_timed_out", why: `killed after ${LIMITS.timeoutMs} ms` };
  if (truncated) return { cause: "samples_too_big", why: `more than ${LIMITS.maxBytes} bytes` };
  if (end === "exited" && exitCode === 0) return undefined;
  const why = errorText.trim().split("\n", 1)[0] || `exit code ${exitCode ?? "none"}`;
  return { cause: "samples_failed", why };
}
