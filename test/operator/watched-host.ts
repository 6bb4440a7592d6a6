// A watched host with synthetic traffic: the real supervisor with its three threads, the real BPF programs, metrics at a
// port and in a file. Two shares are known, one of them with a hostile name. Only cifs is not real.

import { afterAll } from "bun:test";
import { join } from "node:path";
import { parseConfig } from "../../src/config/config.ts";
import { EventLog } from "../../src/demo/event-log.ts";
import { KernelSource } from "../../src/kernel/kernel-source.ts";
import type { Call } from "../../src/kernel/source.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { COMMAND, type CommandName } from "../../src/model/command.ts";
import { ERRNO } from "../../src/model/errno.ts";
import type { KnownTree } from "../../src/model/share.ts";
import type { SpawnTable } from "../../src/supervisor/options.ts";
import { claimOutputFolder } from "../../src/supervisor/output-folder.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { freePort } from "../helpers/free-port.ts";
import { tempDir } from "../helpers/temp-dir.ts";

export const SHARE = "//files/db";
export const EVIL_SHARE = '//evil/a"b\\c\n#} 1\u202e';
const SESSION_ID = 0x71n;
const WAIT_MS = 60_000;

const SPAWN: SpawnTable = {
  detector: () => new Worker(new URL("../../src/detector/worker.ts", import.meta.url)),
  runner: () => new Worker(new URL("../../src/runner/worker.ts", import.meta.url)),
  janitor: () => new Worker(new URL("../../src/janitor/worker.ts", import.meta.url)),
};

const TREES: readonly KnownTree[] = [SHARE, EVIL_SHARE].map((share, slot) => ({
  sessionId: SESSION_ID,
  treeId: slot + 1,
  share,
  slot,
  connectionId: undefined,
  dialect: undefined,
  encrypted: false,
}));

export class WatchedHost {
  readonly port = freePort();
  readonly textfile: string;
  readonly #source: KernelSource;
  readonly #events = new EventLog();
  readonly #metrics: Metrics;
  #messageId = 1n;

  /** Create it at the top of a test file. Throws if the kernel refuses BPF. */
  constructor() {
    const folder = tempDir();
    this.textfile = join(tempDir(), "aod.prom");
    const { config } = parseConfig(`
aod_output_dir: ${folder}
guardian:
  resolve_after_sec: 3600
  anomalies:
    refused: { type: Error, acceptable_count: 5, actions: [] }
metrics: { listen: '127.0.0.1:${this.port}', textfile: ${this.textfile}, every_sec: 1 }
`);
    if (config === undefined) throw new Error("the configuration is not valid");
    const claimed = claimOutputFolder(folder);
    this.#source = KernelSource.load();
    const supervisor = new Supervisor({
      config,
      origin: { kind: "demo", source: this.#source },
      spawn: SPAWN,
      folder: claimed,
      listeners: { log: this.#events.tell, metrics: (event) => this.#metrics.take(event) },
    });
    this.#metrics = new Metrics({
      source: this.#source,
      facts: () => ({ ...supervisor.facts(), trees: TREES }),
      incidents: supervisor.openIncidents,
    });
    this.#source.placeTrees(TREES);
    this.#metrics.begin(config.metrics);
    const running = supervisor.run();
    afterAll(async () => {
      this.#metrics.close();
      supervisor.stop();
      await running;
      claimed.release();
    });
  }

  async ready(): Promise<void> {
    await this.#events.until("watching", () => true, WAIT_MS);
  }

  async captured(): Promise<void> {
    await this.#events.until("collected", () => true, WAIT_MS);
  }

  /** @param treeId 1 for SHARE, 2 for EVIL_SHARE; others are unknown. */
  send(command: CommandName, treeId = 1): Call {
    const call = { treeId, sessionId: SESSION_ID, command: COMMAND[command], messageId: this.#messageId++ };
    this.#source.traffic.enter(call);
    return call;
  }

  answer(call: Call): void {
    this.#source.traffic.done(call);
  }

  /** @param ntStatus MS-ERREF 2.3. */
  refuse(call: Call, ntStatus: number): void {
    this.#source.traffic.fail(call, ntStatus, ERRNO.EIO);
  }

  /** The text of a scrape. */
  async scrape(accept = "*/*"): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}/metrics`, { headers: { accept } });
    return response.text();
  }
}
