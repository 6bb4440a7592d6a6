// Programs that actions and notices run. In: an absolute path, arguments, a deadline and a cap; out: what it printed and
// how it ended. The only door to Bun.spawn: no shell, a fixed environment, no input, the lowest claim to CPU, disk and
// memory. At its deadline all processes below it end too, in any group or session. A program
// that does not die (it may hang on the very server that is being diagnosed) is left behind and counted; nothing here waits
// for it, and too many of them keep the next one from being started.

import { countExhaustion, type Exhaustion, exhaustionOf } from "../model/exhaustion.ts";
import { wholeLines } from "../scrubber/whole-text.ts";
import { killTree } from "../system/descendants.ts";
import { yieldToOthers } from "../system/priority.ts";
import { CappedBuffer, type Keep } from "./capped-buffer.ts";
import type { Orphans } from "./orphans.ts";
import { SEARCH_PATH } from "./program.ts";
import { Slots } from "./slots.ts";

export interface ChildLimits {
  readonly timeoutMs: number;
  /** Of standard output; what exceeds it at the head ends the program. */
  readonly maxBytes: number;
  readonly keep: Keep;
}

export interface ChildResult {
  /** `full`: ended because the head that is kept was complete; `stopped`: by the signal. */
  readonly end: "exited" | "timed_out" | "full" | "stopped" | "not_started";
  /** Undefined where it was killed or not started. */
  readonly exitCode: number | undefined;
  readonly output: Uint8Array;
  readonly truncated: boolean;
  /** The beginning of standard error, or why it was not started. */
  readonly errorText: string;
}

const ERROR_MAX_BYTES = 4096;
const KILL_GRACE_MS = 200;
/** Programs left behind that still hang: with so many, one more tells nothing new and costs a process. */
const STUCK_MAX = 8;
/** Of one program with the same arguments: a third would hang as well, and must not use up what the others have. */
const STUCK_OF_ONE_MAX = 2;

/**
 * Printing any of these takes locks of the SMB client. Where one is held, each reader takes a CPU and can't be killed: so they are
 * read one after the other, and none while another one hangs.
 */
const CLIENT_FILES = "/proc/fs/cifs/";
/** After one that did not come back in time: the others of the same capture would not either, and it is to be made. */
const CLIENT_PAUSE_MS = 5_000;
const CLIENT_LATE = "a reader of the SMB client's own lists did not come back in time a moment ago";

/** Shortages of the host; any other error is about the program. */
const EXHAUSTED: Readonly<Record<Exhaustion, string>> = {
  EAGAIN: "the host or the service may have no more processes (EAGAIN)",
  ENOMEM: "there is too little memory (ENOMEM)",
  EMFILE: "aod has too many open files (EMFILE)",
  ENFILE: "the host has too many open files (ENFILE)",
};

type Child = Bun.Subprocess<"ignore", "pipe", "pipe">;
type Pipe = ReturnType<typeof readerOf>;

export class Children {
  readonly #kill: (pid: number) => void;
  readonly #stuckOfOneMax: number;
  readonly #orphans: Orphans | undefined;
  readonly #clientFiles = new Slots(1);
  /** How many of each still hang. */
  readonly #stuckOf = new Map<string, number>();
  #abandoned = 0;
  #stuck = 0;
  #unstarted = 0;
  #clientPauseUntilMs = 0;
  /** Why nothing below CLIENT_FILES is to be read; undefined where nothing speaks against it. */
  clientTrouble: string | undefined;

  /**
   * @param kill sends SIGKILL to a process and everything below it.
   * @param orphans ends processes that detach themselves; without it they live on.
   */
  constructor(kill = killTree, stuckOfOneMax = STUCK_OF_ONE_MAX, orphans?: Orphans) {
    this.#kill = kill;
    this.#stuckOfOneMax = stuckOfOneMax;
    this.#orphans = orphans;
  }

  /** Programs that could not be started because the host was short of something, ever. */
  get unstarted(): number {
    return this.#unstarted;
  }

  /** Programs that did not die in time, ever. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /** Those of them that still hang. */
  get stuck(): number {
    return this.#stuck;
  }

  /**
   * Runs a program to its end, its deadline, its cap or the signal. Throws nothing that a program can cause.
   * @param environment what it gets beside PATH and LC_ALL.
   */
  async run(
    argv: readonly [string, ...string[]],
    limits: ChildLimits,
    stop: AbortSignal,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ChildResult> {
    const start = (what: string, most: number) => this.#run(argv, limits, stop, environment, what, most);
    if (!argv.some((argument) => argument.startsWith(CLIENT_FILES)))
      return await start(argv.join("\0"), this.#stuckOfOneMax);
    return await this.#clientFiles.run(async () => {
      const why = performance.now() < this.#clientPauseUntilMs ? CLIENT_LATE : this.clientTrouble;
      if (why !== undefined) return notStarted(why);
      const result = await start(CLIENT_FILES, 1);
      if (result.end === "timed_out") this.#clientPauseUntilMs = performance.now() + CLIENT_PAUSE_MS;
      return result;
    });
  }

  // --- internal ---

  /** @param what the key under which hanging programs of one kind are counted: at most `mostStuck` of them may hang. */
  async #run(
    argv: readonly [string, ...string[]],
    limits: ChildLimits,
    stop: AbortSignal,
    environment: Readonly<Record<string, string>>,
    what: string,
    mostStuck: number,
  ): Promise<ChildResult> {
    if (this.#stuck >= STUCK_MAX)
      return notStarted(`${this.#stuck} earlier programs hang and can't be killed`);
    const stuckOfIt = this.#stuckOf.get(what) ?? 0;
    if (stuckOfIt >= mostStuck) return notStarted(`${stuckOfIt} earlier runs of it hang and can't be killed`);
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

    const how = await ended.finally(() => {
      clearTimeout(timer);
      stop.removeEventListener("abort", onStop);
    });
    if (how !== "exited") await this.#killOrLeave(child, what);
    this.#orphans?.programEnded(child.pid);
    // What it started may live on in a session of its own and hold the pipes open for ever.
    for (const pipe of pipes) void pipe.cancel();
    return {
      end: how,
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

  async #killOrLeave(child: Child, what: string): Promise<void> {
    // Once its leader has been collected, the group's id may be another one's.
    if (child.exitCode !== null || child.signalCode !== null) return;
    try {
      this.#kill(child.pid);
    } catch (error) {
      // ESRCH: gone already. EPERM: another user's now, as tcpdump is, and a sandbox keeps CAP_KILL from us: left behind.
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code !== "ESRCH" && code !== "EPERM") throw error;
    }
    const died = await Promise.race([
      child.exited.then(() => true),
      Bun.sleep(KILL_GRACE_MS).then(() => false),
    ]);
    if (died) return;
    this.#abandoned++;
    this.#countStuck(what, 1);
    child.unref();
    void child.exited.then(() => this.#countStuck(what, -1));
  }

  #countStuck(what: string, change: 1 | -1): void {
    this.#stuck += change;
    const count = (this.#stuckOf.get(what) ?? 0) + change;
    if (count > 0) this.#stuckOf.set(what, count);
    else this.#stuckOf.delete(what);
  }
}

function spawn(
  [program, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Child {
  return Bun.spawn([program, ...args], {
    // setsid(2): a session, and so a process group, of its own.
    detached: true,
    cwd: "/",
    env: { PATH: SEARCH_PATH, LC_ALL: "C", ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Half a secret does not look like one. */
function textOf(errors: CappedBuffer): string {
  const text = new TextDecoder().decode(errors.take());
  return errors.overflowed ? wholeLines(text, "head") : text;
}

function readerOf(stream: Child["stdout"]) {
  return stream.getReader();
}

/** Reads a pipe to its end, which comes when the last process that holds it is gone or it is cancelled. */
async function drain(pipe: Pipe, into: CappedBuffer, afterChunk?: () => void): Promise<void> {
  for (;;) {
    const { done, value } = await pipe.read();
    if (done) return;
    into.push(value);
    afterChunk?.();
  }
}

/** What becomes of a program that is not begun. */
export function notStarted(errorText: string): ChildResult {
  return { end: "not_started", exitCode: undefined, output: new Uint8Array(0), truncated: false, errorText };
}
