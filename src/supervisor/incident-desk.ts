// Where an anomaly becomes an incident and, if it is due, an order for a capture. In: anomalies and what the runner
// made of the orders; out: events, and orders with the frozen request table. What is due is decided by incidents.ts;
// this file adds the clock, the timer that resolves, and the book of orders that are on their way.

import type { Anomaly } from "../model/anomaly.ts";
import type { CaptureOrder, CaptureSummary, Losses, Source } from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import type { KnownTree } from "../model/share.ts";
import { clockPair, monotonicNs } from "../system/clock.ts";
import type { SupervisorEvent } from "./events.ts";
import { Incidents } from "./incidents.ts";
import { manualOrder, type OrderContext, orderFor } from "./orders.ts";

export interface DeskOptions {
  readonly config: Config;
  readonly sourceName: Source;
  readonly tell: (event: SupervisorEvent) => void;
  readonly losses: () => Losses;
  /** A copy of the request table as it is now. */
  readonly freeze: () => ArrayBuffer;
  /** Hands an order over; false where there is no runner at the moment. */
  readonly send: (order: CaptureOrder, table: ArrayBuffer) => boolean;
}

export class IncidentDesk {
  readonly #options: DeskOptions;
  readonly #incidents: Incidents;
  readonly #underWay = new Set<number>();
  #config: Config;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastOrderId = 0;

  /** What the detector knows of the trees. */
  shares: readonly KnownTree[] = [];
  /** From when on no request is missing from the table, ns of CLOCK_MONOTONIC. */
  watchingSinceNs = monotonicNs();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#incidents = new Incidents(options.config);
  }

  /** Applies from the next anomaly on. */
  configure(config: Config): void {
    this.#config = config;
    this.#incidents.configure(config);
  }

  observe(anomaly: Anomaly): void {
    const { incident, opened, worsened, capture, suppressedBefore } = this.#incidents.observe(
      anomaly,
      clockPair(),
    );
    // Before anything is said: what the table shows is to be the moment of the decision.
    if (capture)
      this.#order((context) => orderFor(anomaly, incident, suppressedBefore, this.#config, context));
    if (opened) this.#options.tell({ type: "opened", incident, anomaly });
    else if (worsened) this.#options.tell({ type: "worsened", incident, anomaly });
    this.#resolveLater();
  }

  /** A capture because somebody asked for one. */
  snapshot(): void {
    this.#order((context) => manualOrder(this.#config, context));
  }

  collected(capture: CaptureSummary): void {
    this.#underWay.delete(capture.orderId);
    if (capture.incidentId !== undefined) this.#incidents.captured(capture.incidentId, capture.name);
    this.#options.tell({ type: "collected", capture });
  }

  dropped(orderId: number, reason: string): void {
    this.#underWay.delete(orderId);
    this.#options.tell({ type: "dropped", orderId, reason });
  }

  /** Every order that is on its way is lost. */
  dropAll(reason: string): void {
    for (const orderId of [...this.#underWay]) this.dropped(orderId, reason);
  }

  /** Captures that the janitor keeps whatever their size. */
  protectedNames(): readonly string[] {
    return this.#incidents.protectedNames();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #order(makeOrder: (context: OrderContext) => CaptureOrder): void {
    const table = this.#options.freeze();
    const order = makeOrder({
      orderId: ++this.#lastOrderId,
      source: this.#options.sourceName,
      frozenAt: clockPair(),
      losses: this.#options.losses(),
      watchingSinceNs: this.watchingSinceNs,
      shares: this.shares,
    });
    const frozenAfterMs = (order.frozenAt.monotonicNs - order.triggeredNs) / 1e6;
    const { orderId, rule, kind } = order;
    this.#options.tell({ type: "collecting", orderId, rule, kind, frozenAfterMs });
    this.#underWay.add(order.orderId);
    if (!this.#options.send(order, table)) this.dropped(order.orderId, "the runner is being started again");
  }

  #resolveLater(): void {
    clearTimeout(this.#timer);
    const nextNs = this.#incidents.nextResolveNs();
    if (nextNs === Infinity) return;
    const waitMs = Math.max(0, nextNs - monotonicNs()) / 1e6 + 1;
    this.#timer = setTimeout(() => {
      for (const incident of this.#incidents.resolve(clockPair()))
        this.#options.tell({ type: "resolved", incident });
      this.#resolveLater();
    }, waitMs);
  }
}
