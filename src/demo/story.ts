// The acts of the demo: each generates one kind of traffic, waits for aod's reaction, and returns the measured figures.
// It neither prints nor judges: cli/demo.ts shows the figures and decides the exit code.

import type { KernelSource } from "../kernel/kernel-source.ts";
import { countRunTime, readRunStats } from "../kernel/run-stats.ts";
import type { RequestSource } from "../kernel/source.ts";
import type { Anomaly } from "../model/anomaly.ts";
import type { CaptureSummary } from "../model/capture.ts";
import { ERRNO } from "../model/errno.ts";
import { monotonicNs } from "../system/clock.ts";
import type { EventLog } from "./event-log.ts";
import { Client } from "./traffic.ts";

export interface Healthy {
  readonly requests: number;
  readonly tookMs: number;
  /** Number of different commands. */
  readonly commands: number;
  readonly incidents: number;
}

export interface Caught {
  readonly requests: number;
  /** Time from the completion, or the due time, of the request that tripped the rule to the decision. */
  readonly decidedAfterNs: number;
  readonly frozenAfterMs: number;
  readonly anomaly: Anomaly;
  readonly capture: CaptureSummary;
}

const HEALTHY_REQUESTS = 300_000;
/** Requests between two turns of the event loop, in which the main thread gets messages of its workers. */
const CHUNK = 5_000;
const COST_REQUESTS = 50_000;
const SLOW_REQUESTS = 10;
/** Above the threshold of the rule slow-replies. */
const SLOW_FOR_MS = 150;
const FAILED_REQUESTS = 8;
const STATUS_ACCESS_DENIED = 0xc000_0022;
/** Deadline of each act; long enough for a busy or an emulated machine. */
const WAIT_MS = 60_000;

export class Story {
  readonly #source: RequestSource;
  readonly #events: EventLog;
  readonly #client = new Client();

  constructor(source: RequestSource, events: EventLog) {
    this.#source = source;
    this.#events = events;
  }

  /** Waits until the detector is ready. */
  async begin(): Promise<void> {
    await this.#events.until("watching", () => true, WAIT_MS);
  }

  /** Sends hundreds of thousands of requests, one after the other, that trip no rule. */
  async healthy(): Promise<Healthy> {
    const before = this.#events.all("opened").length;
    const startedNs = monotonicNs();
    const commands = new Set<number>();
    for (let sent = 0; sent < HEALTHY_REQUESTS; sent += CHUNK) {
      for (let i = 0; i < CHUNK; i++) {
        const call = this.#client.next();
        commands.add(call.command);
        this.#source.traffic.enter(call);
        this.#source.traffic.done(call);
      }
      await Bun.sleep(0);
    }
    const tookMs = (monotonicNs() - startedNs) / 1e6;
    // The detector would open an incident within this time.
    await Bun.sleep(100);
    const incidents = this.#events.all("opened").length - before;
    return { requests: HEALTHY_REQUESTS, tookMs, commands: commands.size, incidents };
  }

  /**
   * ns for a request and its reply, as the kernel counts them, including its clock reads; undefined if counting is not
   * permitted.
   */
  cost(kernel: KernelSource): number | undefined {
    const programs = (["on_cmd_enter", "on_cmd_done"] as const).map((name) => kernel.object.programFd(name));
    const totalNs = () => programs.reduce((sum, fd) => sum + readRunStats(fd).timeNs, 0);
    const stop = countRunTime();
    if (stop === undefined) return undefined;
    const beforeNs = totalNs();
    for (let i = 0; i < COST_REQUESTS; i++) {
      const call = this.#client.next();
      this.#source.traffic.enter(call);
      this.#source.traffic.done(call);
    }
    const spentNs = totalNs() - beforeNs;
    stop();
    return spentNs / COST_REQUESTS;
  }

  /** Sends ten writes at once that take longer than the threshold. A slow host only makes them slower. */
  async spike(): Promise<Caught> {
    const calls = Array.from({ length: SLOW_REQUESTS }, () => this.#client.one("SMB2_WRITE"));
    for (const call of calls) this.#source.traffic.enter(call);
    await Bun.sleep(SLOW_FOR_MS);
    for (const call of calls) this.#source.traffic.done(call);
    return this.#caught(SLOW_REQUESTS, "slow-replies", "slow");
  }

  /** Sends a burst of requests that are refused. */
  async errors(): Promise<Caught> {
    for (let i = 0; i < FAILED_REQUESTS; i++) {
      const call = this.#client.one("SMB2_CREATE");
      this.#source.traffic.enter(call);
      this.#source.traffic.fail(call, STATUS_ACCESS_DENIED, ERRNO.EACCES);
    }
    return this.#caught(FAILED_REQUESTS, "failed-requests", "error");
  }

  /** Sends one request; its reply comes only after aod has reported the hang. */
  async hang(): Promise<Caught> {
    const call = this.#client.one("SMB2_SET_INFO");
    this.#source.traffic.enter(call);
    const caught = await this.#caught(1, "hung-requests", "hung");
    this.#source.traffic.done(call);
    return caught;
  }

  async #caught(requests: number, rule: string, kind: Anomaly["kind"]): Promise<Caught> {
    const reported = (type: "opened" | "worsened") =>
      this.#events.until(type, ({ anomaly }) => anomaly.rule === rule && anomaly.kind === kind, WAIT_MS);
    const { anomaly, incident } = await Promise.race([reported("opened"), reported("worsened")]);
    const ordered = await this.#events.until(
      "collecting",
      (event) => event.rule === rule && event.kind === kind,
      WAIT_MS,
    );
    const { capture } = await this.#events.until(
      "collected",
      (e) => e.capture.orderId === ordered.orderId,
      WAIT_MS,
    );
    if (capture.incidentId !== incident.id) throw new RangeError("a capture of another incident");
    const { frozenAfterMs } = ordered;
    return {
      requests,
      decidedAfterNs: anomaly.detectedNs - anomaly.occurredNs,
      frozenAfterMs,
      anomaly,
      capture,
    };
  }
}
