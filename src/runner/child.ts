// Runs the programs of actions and notices: an absolute path and arguments, with a deadline and a cap on the output.
// The only file that calls Bun.spawn: no shell, a fixed environment, no input, the lowest claim to CPU, disk and
// memory. At the deadline all descendants are killed too, in any group or session. A program that does not die (it may
// hang on the very server that is being diagnosed) is abandoned and counted. This file never waits for it, and starts
// no further program while too many of them still hang.

import { countExhaustion, type Exhaustion, exhaustionOf } from "../model/exhaustion.ts";
import { wholeLines } from "../scrubber/whole-text.ts";
import { killTree } from "../system/descendants.ts";
import { yieldToOthers } from "../system/priority.ts";
import { CappedBuffer, type Keep } from "./capped-buffer.ts";
import type { Orphans } from "./orphans.ts";
import { SEARCH_PATH } from "./program.ts";
import { Slots } from "./scheduling.ts";

export interface ChildLimits {
  readonly timeoutMs: number;
  /** The cap on standard output. If the head is kept, reaching it ends the program. */
  readonly maxBytes: number;
  readonly keep: Keep;
}

export interface ChildResult {
  /** `full`: ended because the head to keep was complete; `stopped`: ended by the abort signal. */
  readonly end: "exited" | "timed_out" | "full" | "stopped" | "not_started";
  /** Undefined if the program was killed or not started. */
  readonly exitCode: number | undefined;
  readonly output: Uint8Array;
  readonly truncated: boolean;
  /** The beginning of standard error, or the reason why the program was not started. */
  readonly errorText: string;
}

const ERROR_MAX_BYTES = 4096;
const KILL_GRACE_MS = 200;
/** Most abandoned programs that may hang at the same time: another one would tell nothing new and cost a process. */
const UNKILLABLE_MAX = 8;
/** Most of them with the same command line: a third would hang as well, and use up what the other programs have. */
const UNKILLABLE_OF_ONE_MAX = 2;

/**
 * Printing any of these files takes locks of the SMB client. While such a lock is held, each reader occupies a CPU and
 * can't be killed. So these files are read one after the other, and none while an earlier reader hangs.
 */
const CLIENT_FILES = "/proc/fs/cifs/";
/**
 * The pause after a reader that timed out: the capture's other readers would time out as well, and delay the capture.
 */
const CLIENT_PAUSE_MS = 5_000;
const CLIENT_LATE = "a reader of the SMB client's own lists did not come back in time a moment ago";

/** Errors that mean a shortage of the host; any other error is about the program. */
const EXHAUSTED: Readonly<Record<Exhaustion, string>> = {
  EAGAIN: "the host or the service has as many processes as it may have (EAGAIN)",
  ENOMEM: "there is too little memory (ENOMEM)",
  EMFILE: "aod has too many open files (EMFILE)",
  ENFILE: "the host has too many open files (ENFILE)",
};

type Child = Bun.Subprocess<"ignore", "pipe", "pipe">;
type Pipe = ReturnType<typeof readerOf>;

export class Children {
  readonly #kill: (pid: number) => void;
  readonly #unkillableOfOneMax: number;
  readonly #orphans: Orphans | undefined;
  readonly #clientFiles = new Slots(1);
  /** Programs that still hang, by command line. */
  readonly #unkillableOf = new Map<string, number>();
  #abandoned = 0;
  #unkillable = 0;
  #unstarted = 0;
  #clientPauseUntilMs = 0;
  /** Why no file below CLIENT_FILES may be read now; undefined if they may be read. */
  clientTrouble: string | undefined;

  /**
   * @param kill sends SIGKILL to a process and all its descendants.
   * @param orphans ends processes that detach themselves; without it they live on.
   */
  constructor(kill = killTree, unkillableOfOneMax = UNKILLABLE_OF_ONE_MAX, orphans?: Orphans) {
    this.#kill = kill;
    this.#unkillableOfOneMax = unkillableOfOneMax;
    this.#orphans = orphans;
  }

  /** Programs that could not be started because of a shortage of the host, since the start. */
  get unstarted(): number {
    return this.#unstarted;
  }

  /** Programs that did not die in time, since the start. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /** Abandoned programs that still hang. */
  get unkillable(): number {
    return this.#unkillable;
  }

  /**
   * Runs a program to its end, its deadline, its cap or the signal. Throws nothing that a program can cause.
   * @param environment variables in addition to PATH and LC_ALL.
   */
  async run(
    argv: readonly [string, ...string[]],
    limits: ChildLimits,
    stop: AbortSignal,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ChildResult> {
    const start = (key: string, most: number) => this.#run(argv, limits, stop, environment, key, most);
    if (!argv.some((argument) => argument.startsWith(CLIENT_FILES)))
      return await start(argv.join("\0"), this.#unkillableOfOneMax);
    return await this.#clientFiles.run(async () => {
      const why = performance.now() < this.#clientPauseUntilMs ? CLIENT_LATE : this.clientTrouble;
      if (why !== undefined) return notStarted(why);
      const result = await start(CLIENT_FILES, 1);
      if (result.end === "timed_out") this.#clientPauseUntilMs = performance.now() + CLIENT_PAUSE_MS;
      return result;
    });
  }

  // --- internal ---

  /** @param key counts hanging programs of one kind: at most `maxUnkillable` of them may hang. */
  async #run(
    argv: readonly [string, ...string[]],
    limits: ChildLimits,
    stop: AbortSignal,
    environment: Readonly<Record<string, string>>,
    key: string,
    maxUnkillable: number,
  ): Promise<ChildResult> {
    if (this.#unkillable >= UNKILLABLE_MAX)
      return notStarted(`${this.#unkillable} earlier programs hang and can't be killed`);
    const hanging = this.#unkillableOf.get(key) ?? 0;
    if (hanging >= maxUnkillable) return notStarted(`${hanging} earlier runs of it hang and can't be killed`);
    if (stop.aborted) return notStarted("aod is stopping");
    let child: Child;
    try {
      child = spawn(argv, environment);
    } catch (error) {
      return this.#refused(argv[0], error);
    }
    this.#orphans?.programBegan(child.pid, limits.timeoutMs);
    yieldToOthers(child.pid);
    const output = new CappedBuffer(limits.maxBytes, limits.keep);
    const errors = new CappedBuffer(ERROR_MAX_BYTES, "head");
    const { promise: ended, resolve: end, reject } = Promise.withResolvers<ChildResult["end"]>();
    const timer = setTimeout(end, limits.timeoutMs, "timed_out");
    const onStop = () => end("stopped");
    stop.addEventListener("abort", onStop);
    const pipes = [readerOf(child.stdout), readerOf(child.stderr)] as const;
    const drained = drain(pipes[0], output, () => limits.keep === "head" && output.overflowed && end("full"));
    Promise.all([drained, drain(pipes[1], errors), child.exited]).then(() => end("exited"), reject);

    const outcome = await ended.finally(() => {
      clearTimeout(timer);
      stop.removeEventListener("abort", onStop);
    });
    if (outcome !== "exited") await this.#killOrAbandon(child, key);
    this.#orphans?.programEnded(child.pid);
    // A descendant may live on in a session of its own and hold the pipes open for ever.
    for (const pipe of pipes) void pipe.cancel();
    return {
      end: outcome,
      exitCode: child.exitCode ?? undefined,
      output: output.take(),
      truncated: output.overflowed,
      errorText: textOf(errors),
    };
  }

  #refused(program: string, error: unknown): ChildResult {
    const exhausted = exhaustionOf(error);
    if (exhausted === undefined) return notStarted((error as Error).message);
    countExhaustion(exhausted);
    this.#unstarted++;
    return notStarted(`cannot start ${program}: ${EXHAUSTED[exhausted]}`);
  }

  async #killOrAbandon(child: Child, key: string): Promise<void> {
    // Once the group's leader has been collected, another group may have its id.
    if (child.exitCode !== null || child.signalCode !== null) return;
    try {
      this.#kill(child.pid);
    } catch (error) {
      // ESRCH: the process has already ended. EPERM: it runs as another user, as tcpdump does, and the sandbox denies
      // CAP_KILL: it is abandoned.
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code !== "ESRCH" && code !== "EPERM") throw error;
    }
    const died = await Promise.race([
      child.exited.then(() => true),
      Bun.sleep(KILL_GRACE_MS).then(() => false),
    ]);
    if (died) return;
    this.#abandoned++;
    this.#countUnkillable(key, 1);
    child.unref();
    void child.exited.then(() => this.#countUnkillable(key, -1));
  }

  #countUnkillable(key: string, change: 1 | -1): void {
    this.#unkillable += change;
    const count = (this.#unkillableOf.get(key) ?? 0) + change;
    if (count > 0) this.#unkillableOf.set(key, count);
    else this.#unkillableOf.delete(key);
  }
}

function spawn(
  [program, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Child {
  return Bun.spawn([program, ...args], {
    // setsid(2): the child gets a session of its own, and so a process group.
    detached: true,
    cwd: "/",
    env: { PATH: SEARCH_PATH, LC_ALL: "C", ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Whole lines only: the scrubber would not recognise half a secret. */
function textOf(errors: CappedBuffer): string {
  const text = new TextDecoder().decode(errors.take());
  return errors.overflowed ? wholeLines(text, "head") : text;
}

function readerOf(stream: Child["stdout"]) {
  return stream.getReader();
}

/** Reads a pipe to its end, which comes when the last process that holds it ends, or when the pipe is cancelled. */
async function drain(pipe: Pipe, into: CappedBuffer, afterChunk?: () => void): Promise<void> {
  for (;;) {
    const { done, value } = await pipe.read();
    if (done) return;
    into.push(value);
    afterChunk?.();
  }
}

/** The result of a program that was not started. */
export function notStarted(errorText: string): ChildResult {
  return { end: "not_started", exitCode: undefined, output: new Uint8Array(0), truncated: false, errorText };
}
