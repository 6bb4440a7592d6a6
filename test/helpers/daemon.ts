// dist/aod as a daemon under test: started with a configuration in a folder of its own, its log read as it comes,
// killed when the test file is done.

import { afterAll } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EXECUTABLE } from "./program.ts";
import { tempDir } from "./temp-dir.ts";
import { waitUntil } from "./wait-until.ts";

/** A configuration's rules. */
export const RULES = "guardian:\n  anomalies:\n    slow: { type: Latency, acceptable_count: 10 }\n";

export class Daemon {
  /** Where it keeps its captures. */
  readonly folder: string;
  readonly config = join(tempDir(), "aod.yaml");
  /** Its control socket. */
  readonly socket = join(tempDir(), "aod.sock");
  /** A program that makes a world for it and then becomes it: `unshare`, a shell that ends in `exec`. */
  launcher: readonly string[] = [];
  log = "";
  #child: Bun.Subprocess<"ignore", "ignore", "pipe"> | undefined;
  #logEnded = Promise.resolve();

  constructor(folder = join(tempDir(), "out")) {
    this.folder = folder;
    writeFileSync(this.config, `aod_output_dir: ${folder}\n${RULES}`);
    // Here and not in `start`: what is registered while a hook or a test runs is for that one only.
    afterAll(() => this.#child?.kill("SIGKILL"));
  }

  /** @param environment what it gets beside PATH. */
  start(environment: Readonly<Record<string, string>> = {}): this {
    const child = Bun.spawn([...this.launcher, EXECUTABLE, "--config", this.config], {
      cwd: dirname(this.config),
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", AOD_SOCKET: this.socket, ...environment },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    this.#child = child;
    this.#logEnded = this.#keepLog(child.stderr);
    return this;
  }

  get pid(): number {
    return this.#running.pid;
  }

  get isRunning(): boolean {
    return this.#running.exitCode === null && this.#running.signalCode === null;
  }

  /** Until the log says so. */
  async says(text: string): Promise<void> {
    await waitUntil(() => this.log.includes(text));
  }

  signal(name: NodeJS.Signals): void {
    this.#running.kill(name);
  }

  /** @returns its exit code; the log is complete then. */
  async ended(): Promise<number> {
    const exitCode = await this.#running.exited;
    await this.#logEnded;
    return exitCode;
  }

  /** Names in its folder of captures, also of those in the making. */
  captures(): string[] {
    const batches = join(this.folder, "batches");
    return existsSync(batches) ? readdirSync(batches).sort() : [];
  }

  get #running(): Bun.Subprocess<"ignore", "ignore", "pipe"> {
    if (this.#child === undefined) throw new Error("the daemon was not started");
    return this.#child;
  }

  async #keepLog(stderr: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stderr) this.log += decoder.decode(bytes, { stream: true });
  }
}
