// Programs that actions and notices run. In: an absolute path, arguments, a deadline and a cap; out: what it printed and
// how it ended. The only door to Bun.spawn: no shell, a fixed environment, no input, the lowest claim to CPU, disk and
// memory, a process group of its own that is killed as a whole. A program that does not die (it may hang on the very server
// that is being diagnosed) is left behind and counted; nothing here waits for it, and too many of them keep the next one
// from being started.

import { yieldToOthers } from "../system/priority.ts";
import { CappedBuffer, type Keep } from "./capped-buffer.ts";
import { SEARCH_PATH } from "./program.ts";
import { wholeLines } from "./scrub.ts";

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

type Child = Bun.Subprocess<"ignore", "pipe", "pipe">;
type Pipe = ReturnType<typeof readerOf>;

export class Children {
  readonly #kill: (groupId: number) => void;
  readonly #stuckOfOneMax: number;
  /** How many of each still hang. */
  readonly #stuckOf = new Map<string, number>();
  #abandoned = 0;
  #stuck = 0;

  /** @param kill sends SIGKILL to a process group. */
  constructor(kill = killGroup, stuckOfOneMax = STUCK_OF_ONE_MAX) {
    this.#kill = kill;
    this.#stuckOfOneMax = stuckOfOneMax;
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
    if (this.#stuck >= STUCK_MAX)
      return notStarted(`${this.#stuck} earlier programs hang and can't be killed`);
    const what = argv.join("\0");
    const stuckOfIt = this.#stuckOf.get(what) ?? 0;
    if (stuckOfIt >= this.#stuckOfOneMax)
      return notStarted(`${stuckOfIt} earlier runs of it hang and can't be killed`);
    if (stop.aborted) return notStarted("aod is stopping");
    let child: Child;
    try {
      child = spawn(argv, environment);
    } catch (error) {
      return notStarted(error instanceof Error ? error.message : String(error));
    }

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

function killGroup(groupId: number): void {
  process.kill(-groupId, "SIGKILL");
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
