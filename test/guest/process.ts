// Programs that a scenario starts: one that runs to its end, and the provoker, which waits for its signal.
// `endStrays` kills the programs that are still alive when a scenario ends, also those that hang on a stopped server.

import assert from "node:assert/strict";

interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const strays = new Set<Bun.Subprocess>();

/** Waits, at most `timeoutMs`, until `probe` returns something other than undefined or false. */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    assert.ok(performance.now() < deadline, `waited ${timeoutMs} ms in vain for ${what}`);
    await Bun.sleep(50);
  }
}

/** A scenario ends its trouble even if a provoker hangs on it. */
const SILENT_MS = 120_000;

/** Runs a program to its end, with any exit code. */
export async function finish(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: options.timeoutMs ?? 60_000,
    killSignal: "SIGKILL",
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  strays.add(child);
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  strays.delete(child);
  return { exitCode: child.exitCode ?? -1, stdout, stderr };
}

/** Runs a program that must succeed. @returns its standard output. */
export async function run(...command: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await finish(command);
  assert.equal(exitCode, 0, `${command.join(" ")} ended with ${exitCode}: ${stderr.trim()}`);
  return stdout;
}

/** provoke.py with all its files open, waiting for `go`. */
export class Provoker {
  readonly pid: number;
  readonly tids: readonly number[];
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: Lines;

  private constructor(
    child: Bun.Subprocess<"pipe", "pipe", "inherit">,
    lines: Lines,
    who: { pid: number; tids: number[] },
  ) {
    this.#child = child;
    this.#lines = lines;
    this.pid = who.pid;
    this.tids = who.tids;
  }

  static start(action: string, ...parameters: (string | number)[]): Promise<Provoker> {
    return Provoker.startIn([], action, ...parameters);
  }

  /** @param prefix a program and its arguments that run the provoker as their own, somewhere else. */
  static async startIn(
    prefix: readonly string[],
    action: string,
    ...parameters: (string | number)[]
  ): Promise<Provoker> {
    const provoke = ["python3", `${import.meta.dir}/provoke.py`, action, ...parameters.map(String)];
    const child = Bun.spawn([...prefix, ...provoke], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    strays.add(child);
    const lines = new Lines(child.stdout);
    return new Provoker(child, lines, JSON.parse(await lines.next()));
  }

  go(): void {
    this.#child.stdin.write("\n");
    this.#child.stdin.flush();
  }

  /** Waits for its next line. */
  async said(): Promise<Record<string, unknown>> {
    const line = await Promise.race([this.#lines.next(), Bun.sleep(SILENT_MS)]);
    return JSON.parse(line ?? assert.fail(`the provoker has said nothing for ${SILENT_MS} ms`));
  }

  /** Waits until it has finished without a failure of its own. */
  async done(): Promise<void> {
    assert.deepEqual(await this.said(), { done: true, failures: [] });
    await this.#child.exited;
    strays.delete(this.#child);
  }

  /** Whether it still runs, or hangs. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Kills the programs that a scenario left running. */
export async function endStrays(): Promise<void> {
  for (const child of strays) child.kill("SIGKILL");
  await Promise.all([...strays].map((child) => Promise.race([child.exited, Bun.sleep(10_000)])));
  strays.clear();
}

class Lines {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async next(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const { done, value } = await this.#chunks.next();
      assert.ok(done !== true, "the provoker ended without a word");
      this.#rest += this.#decoder.decode(value, { stream: true });
    }
  }
}
