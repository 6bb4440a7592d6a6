// Exhaustion of a resource of this process or its host: file descriptors, processes, memory. One policy for all
// threads: a step that meets it is left out or retried, never the end of a thread or of aod, and it is counted by
// cause. Each thread has its own module and so its own counts.

import type { Losses } from "./capture.ts";
import { errnoName } from "./errno.ts";

/** By the errno's name: the cause in LOSS_CAUSES that counts it. */
export const EXHAUSTION_CAUSES = {
  /** Of this process: open(2), RLIMIT_NOFILE. */
  EMFILE: "no_descriptors",
  /** Of the host: fs.file-max. */
  ENFILE: "no_host_files",
  ENOMEM: "no_memory",
  /** fork(2), clone(2): RLIMIT_NPROC, pids.max of a control group, kernel.pid_max. */
  EAGAIN: "no_processes",
} as const;

export type Exhaustion = keyof typeof EXHAUSTION_CAUSES;

/** Returned instead of a value that could not be obtained. */
export interface Exhausted {
  readonly exhausted: Exhaustion;
}

/** Errors wrap other errors: the search goes this deep. */
const DEPTH_MAX = 8;

const counts: Record<Exhaustion, number> = { EMFILE: 0, ENFILE: 0, ENOMEM: 0, EAGAIN: 0 };

/**
 * The exhausted resource; undefined for any other error.
 * @param thrown by Node's functions, by Bun's, or an AodError of a system call.
 */
export function exhaustionOf(thrown: unknown): Exhaustion | undefined {
  let error = thrown;
  for (let depth = 0; error instanceof Error && depth < DEPTH_MAX; depth++) {
    const found = ofOne(error);
    if (found !== undefined) return found;
    error = error.cause;
  }
  return undefined;
}

/** The exhausted resource; undefined for any other errno. @param errno its number, of either sign, or its name. */
export function exhaustionNamed(errno: unknown): Exhaustion | undefined {
  const name = typeof errno === "number" ? errnoName(Math.abs(errno)) : errno;
  return typeof name === "string" && Object.hasOwn(EXHAUSTION_CAUSES, name)
    ? (name as Exhaustion)
    : undefined;
}

/** Counts it for this thread. */
export function countExhaustion(exhausted: Exhaustion): void {
  counts[exhausted]++;
}

/** Returns the value of `act`, or the exhausted resource, which it counts. Throws any other error of `act`. */
export function unlessExhausted<T>(act: () => T): T | Exhausted {
  try {
    return act();
  } catch (thrown) {
    const exhausted = exhaustionOf(thrown);
    if (exhausted === undefined) throw thrown;
    countExhaustion(exhausted);
    return { exhausted };
  }
}

export function isExhausted(value: unknown): value is Exhausted {
  return typeof value === "object" && value !== null && "exhausted" in value;
}

/** The counts of this thread since it began, by causes of LOSS_CAUSES. */
export function exhaustionLosses(): Losses {
  return Object.fromEntries(
    Object.entries(EXHAUSTION_CAUSES).map(([name, cause]) => [cause, counts[name as Exhaustion]]),
  );
}

/** The sum of losses, cause by cause. */
export function sumLosses(all: readonly Losses[]): Losses {
  const sums: Record<string, number> = {};
  for (const losses of all)
    for (const [cause, count] of Object.entries(losses)) sums[cause] = (sums[cause] ?? 0) + count;
  return sums;
}

// --- internal ---

function ofOne(error: Error): Exhaustion | undefined {
  // Bun's message for a failed pthread_create(3), which has no code.
  if (error.message === "Failed to spawn worker thread") return "EAGAIN";
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  const context = (error as { readonly context?: { readonly errno?: unknown; readonly code?: unknown } })
    .context;
  const name =
    exhaustionNamed(code) ??
    exhaustionNamed(errno) ??
    exhaustionNamed(context?.errno) ??
    exhaustionNamed(context?.code);
  // EAGAIN of reading and writing only means that no data is there yet.
  if (name === "EAGAIN" && !/spawn|fork|clone/.test(`${syscall} ${error.message}`)) return undefined;
  return name;
}
