// Standard error is a pipe that its reader does not empty, for example a log shipper that hangs. The daemon continues,
// keeps a bounded part of its log, reports later how much is missing, and stops in time.

import { afterAll, expect, test } from "bun:test";
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askOnce } from "../../src/control/client.ts";
import { failureOfPromise } from "../helpers/failure.ts";
import { EXECUTABLE } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

/** Each key is reported as a mistake: 500 lines a reload. */
const MISTAKES = `guardian:\n  anomalies:\n${Array.from({ length: 500 }, (_, i) => `    a${i}: { type: Nothing }\n`).join("")}`;
const RELOADS = 60;

function residentBytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return pages * 4096;
}

/** Makes the daemon read its invalid file again. */
async function refusedReload(socket: string): Promise<void> {
  const { code } = await failureOfPromise(askOnce(socket, { ask: "reload" }, "reloaded"));
  expect(code).toBe("CONFIG_INVALID");
}

/** The daemon of the helper, with a FIFO for its standard error that has no reader yet. */
class UnreadDaemon extends HostileDaemon {
  readonly #path = join(tempDir(), "stderr");
  readonly reader: number;
  #started: Bun.Subprocess | undefined;

  constructor() {
    super();
    afterAll(() => this.#started?.kill("SIGKILL"));
    Bun.spawnSync(["mkfifo", this.#path]);
    this.reader = openSync(this.#path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  override start(): this {
    const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", AOD_SOCKET: this.socket };
    const stderr = openSync(this.#path, "w");
    this.#started = Bun.spawn([EXECUTABLE, "--config", this.config], {
      env,
      stdio: ["ignore", "ignore", stderr],
    });
    closeSync(stderr);
    return this;
  }

  override get pid(): number {
    return this.#child.pid;
  }

  override get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  override signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  override ended(): Promise<number> {
    return this.#child.exited;
  }

  /** Reads the present content of the pipe. */
  read(): string {
    const bytes = new Uint8Array(1 << 20);
    try {
      return new TextDecoder().decode(bytes.subarray(0, readSync(this.reader, bytes)));
    } catch (error) {
      expect(error).toMatchObject({ code: "EAGAIN" });
      return "";
    }
  }

  get #child(): Bun.Subprocess {
    if (this.#started === undefined) throw new Error("the daemon was not started");
    return this.#started;
  }
}

describeHostile("a standard error without a reader", () => {
  const aod = new UnreadDaemon();

  test("costs a bounded number of lines; captures, status and the stop in time still work", async () => {
    aod.start();
    await waitUntil(() => aod.read().includes("ready"));
    await aod.detect();
    const before = residentBytes(aod.pid);
    const right = readFileSync(aod.config, "utf8");
    writeFileSync(aod.config, `aod_output_dir: ${aod.folder}\n${MISTAKES}`);
    for (let i = 0; i < RELOADS; i++) await refusedReload(aod.socket);
    writeFileSync(aod.config, right);

    const { tookMs } = await aod.detect();
    const { refused } = await aod.status();
    const dropped = refused.log_lines ?? 0;
    expect(dropped).toBeGreaterThan(RELOADS);
    expect(residentBytes(aod.pid) - before).toBeLessThan(128 << 20);

    // A reader that is back gets the waiting lines, and then the number of dropped ones.
    let text = "";
    await waitUntil(() => {
      text += aod.read();
      return /log: dropped \d+ lines/.test(text);
    });

    // The reader is gone again.
    writeFileSync(aod.config, `aod_output_dir: ${aod.folder}\n${MISTAKES}`);
    while (((await aod.status()).refused.log_lines ?? 0) <= dropped) await refusedReload(aod.socket);
    const askedMs = performance.now();
    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
    const endedMs = performance.now() - askedMs;
    closeSync(aod.reader);
    recordFault({
      fault: "standard error is a pipe that its reader does not empty",
      reaction:
        "keeps 256 KiB of the log, counts the dropped lines, and reports them when the reader is back",
      lost: { "lines of the log": dropped },
      normalAfterMs: tookMs,
    });
    recordFault({
      fault: "SIGTERM, while standard error is a full pipe",
      reaction: "waits a moment for the reader, then ends",
      lost: {},
      normalAfterMs: endedMs,
    });
  });
});
