// aod as systemd would run it, seen from outside: its log, its exit code, its captures, and its links in the kernel. It
// must not know how aod works inside.

import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Capture, openCapture } from "./capture.ts";
import { waitFor } from "./process.ts";

export const AOD = "/payload/aod";

/** The tracepoints without which aod sees no requests. */
const HOOKS = ["smb3_cmd_done", "smb3_cmd_enter", "smb3_cmd_err"];

const WORK_FOLDER = "/var/tmp/aod";

/** On the emulated machine the verifier takes some seconds for the programs; more on a busy host. */
const ATTACH_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 30_000;

let started = 0;

/** The fields that scenarios use; a line of the history has the whole incident. */
export interface HistoryLine {
  readonly event: string;
  readonly rule?: string;
  readonly share?: string;
  readonly server?: string;
  readonly family?: string;
  readonly rules?: readonly string[];
  readonly shares?: readonly string[];
  readonly state?: "open" | "resolved";
  readonly standing?: { readonly count: number } | null;
  readonly capture?: string;
  readonly captures?: readonly string[];
  readonly actions?: readonly { readonly name: string; readonly status: string }[];
  readonly hung?: { readonly count: number; readonly longest_ms: number } | null;
}

export interface StartOptions {
  readonly outputDir?: string;
  /** A program with arguments that becomes aod; its pid is aod's. */
  readonly prefix?: readonly string[];
}

export class Daemon {
  readonly outputDir: string;
  readonly configFile: string;
  readonly #logFile: string;
  readonly #child: Bun.Subprocess;

  private constructor(folder: string, config: string, { outputDir, prefix = [] }: StartOptions) {
    this.configFile = join(folder, "aod.yaml");
    this.outputDir = outputDir ?? join(folder, "output");
    this.configure(config);
    this.#logFile = join(folder, "log");
    const log = openSync(this.#logFile, "w");
    this.#child = Bun.spawn([...prefix, AOD, "run", "--config", this.configFile], {
      stdin: "ignore",
      stdout: log,
      stderr: log,
    });
    closeSync(log);
  }

  /** Starts aod with this configuration and, by default, an empty output folder of its own. */
  static start(config: string, options: StartOptions = {}): Daemon {
    started += 1;
    const folder = join(WORK_FOLDER, String(started));
    mkdirSync(folder, { recursive: true });
    return new Daemon(folder, config, options);
  }

  /** Writes its configuration, `aod_output_dir` added; a daemon that runs reads it at SIGHUP. */
  configure(config: string): void {
    writeFileSync(this.configFile, `aod_output_dir: ${this.outputDir}\n${config}`);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get log(): string {
    return readFileSync(this.#logFile, "utf8");
  }

  /** The tracepoints to which it is attached, from the kernel's list of its file descriptors. */
  get hooks(): string[] {
    assert.ok(this.alive, `aod is alive; it ended with ${this.#child.exitCode ?? this.#child.signalCode}`);
    const names = readdirSync(`/proc/${this.pid}/fdinfo`).map((fd) => tracepointOf(this.pid, fd));
    return [...new Set(names.filter((name) => name !== undefined))].toSorted();
  }

  get isAttached(): boolean {
    const hooks = this.hooks;
    return HOOKS.every((hook) => hooks.includes(hook));
  }

  async attached(): Promise<void> {
    await waitFor("aod to attach", () => this.isAttached, ATTACH_TIMEOUT_MS);
  }

  /** Names of the captures that are there, oldest first. */
  get captures(): string[] {
    try {
      return readdirSync(join(this.outputDir, "batches"))
        .filter((name) => name.endsWith(".tar.zst"))
        .toSorted();
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOENT");
      return [];
    }
  }

  /** Waits until there are `count` captures, and opens the newest of them. */
  async capture(count = 1): Promise<Capture> {
    const names = await waitFor(`capture ${count}`, () => {
      assert.ok(this.alive, "aod is alive");
      return this.captures.length >= count ? this.captures : undefined;
    });
    return this.open(names[count - 1] as string);
  }

  /** Opens the first capture that was triggered after this moment of the wall clock. */
  async captureAfter(atMs: number): Promise<Capture> {
    const name = await waitFor("a capture of now", () => {
      assert.ok(this.alive, "aod is alive");
      return this.captures.find((one) => triggeredAtMs(one) > atMs);
    });
    return this.open(name);
  }

  /** The lines of incidents.jsonl, without an unfinished last one. */
  get history(): readonly HistoryLine[] {
    const file = join(this.outputDir, "incidents.jsonl");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as HistoryLine);
  }

  /** The last line about the last incident that a rule opened. */
  incident(rule: string): HistoryLine | undefined {
    return this.history.findLast((line) => line.rule === rule && line.state !== undefined);
  }

  open(name: string): Promise<Capture> {
    return openCapture(join(this.outputDir, "batches", name));
  }

  /** Makes a capture on demand, as an operator does, and opens it. */
  async manualCapture(): Promise<Capture> {
    const before = new Set(this.captures);
    const isNew = (name: string) => name.includes("_manual") && !before.has(name);
    this.signal("SIGUSR1");
    return this.open(await waitFor("a manual capture", () => this.captures.find(isNew)));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Sends SIGTERM; fails unless it ends with 0. The duration has no meaning here. */
  async stop(): Promise<void> {
    if (!this.alive)
      throw new assert.AssertionError({ message: `aod ended by itself with ${this.#child.exitCode}` });
    this.signal("SIGTERM");
    const outcome = await Promise.race([
      this.#child.exited,
      Bun.sleep(STOP_TIMEOUT_MS).then(() => "still running"),
    ]);
    assert.equal(outcome, 0, "how aod ended after SIGTERM");
  }

  /** For the end of a failed scenario. */
  async kill(): Promise<void> {
    if (this.alive) this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

function tracepointOf(pid: number, fd: string): string | undefined {
  try {
    return /^tp_name:\s*(\S+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))?.[1];
  } catch (error) {
    // The file descriptor was closed since the listing.
    assert.equal((error as NodeJS.ErrnoException).code, "ENOENT");
    return undefined;
  }
}

/** aod_20261123T012345.678Z_rule.tar.zst */
function triggeredAtMs(name: string): number {
  const [, date = "", time = ""] = /^aod_(\d{8})T(\d{6}\.\d{3}Z)/.exec(name) ?? [];
  return Date.parse(
    `${date.replace(/(\d{4})(\d\d)(\d\d)/, "$1-$2-$3")}T${time.replace(/(\d\d)(\d\d)(.+)/, "$1:$2:$3")}`,
  );
}
