// Turns anomalies into incidents and, if one is due, into an order for a capture with the frozen request table;
// publishes events for both. incidents.ts and budget.ts decide what is due; this file adds the clock, the timer that
// resolves incidents, and the table of pending orders.

import { type Hang, shareOfHang } from "../live/hanging.ts";
import type { Anomaly, Recovery } from "../model/anomaly.ts";
import type { Attribution } from "../model/attribution.ts";
import {
  type CaptureOrder,
  type CaptureSummary,
  type ClockPair,
  type FrozenMemory,
  type Losses,
  ORDERS_MAX,
  type Source,
  type StoredCapture,
} from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import type { Incident } from "../model/incident.ts";
import type { Readability } from "../model/readability.ts";
import type { Request } from "../model/request.ts";
import type { KnownTree } from "../model/share.ts";
import { clockPair, monotonicNs } from "../system/clock.ts";
import { CaptureBudget, type SuppressionCause } from "./budget.ts";
import type { SupervisorEvent } from "./events.ts";
import { Incidents, type PendingCapture } from "./incidents.ts";
import { type HangingNow, manualOrder, NOTHING_HANGS, type OrderContext, orderFor } from "./orders.ts";
import { Suppression } from "./suppression.ts";

/** Slots of the runner that are reserved for escalations. */
const RESERVED_FOR_WORSE = 2;

export interface IncidentServiceOptions {
  readonly config: Config;
  readonly originKind: Source;
  /** Incidents of an earlier run, oldest first; those that were open continue. */
  readonly incidents: readonly Incident[];
  readonly publish: (event: SupervisorEvent) => void;
  readonly losses: () => Losses;
  /** As DetectorSupervision.sinceNs. */
  readonly watchingSinceNs: () => number | undefined;
  /** As DetectorSupervision.clientLists. */
  readonly clientLists: () => Readability;
  /** A copy of the kernel side's memory as it is now. */
  readonly freeze: () => FrozenMemory;
  /** What hangs in a frozen table. */
  readonly findHangs: (frozen: FrozenMemory, nowNs: number, trees: readonly KnownTree[]) => readonly Hang[];
  /** Sends an order to the runner; false if there is no runner at the moment. */
  readonly send: (order: CaptureOrder, frozen: FrozenMemory) => boolean;
  /** Finds the processes and mounts behind an anomaly. Reads /proc, and never blocks. */
  readonly attribute: (
    share: string,
    evidence: readonly Request[],
    trees: readonly KnownTree[],
  ) => Attribution;
}

export class IncidentService {
  readonly #options: IncidentServiceOptions;
  readonly #incidents: Incidents;
  readonly #budget: CaptureBudget;
  readonly #suppression: Suppression;
  /** Orders that the runner has, by number. */
  readonly #pending = new Map<number, PendingCapture>();
  #config: Config;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastOrderId = 0;

  constructor(options: IncidentServiceOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#incidents = new Incidents(options.config);
    this.#budget = new CaptureBudget(options.config.hourly);
    this.#suppression = new Suppression(options.publish);
  }

  /** The trees that the detector knows. */
  get shares(): readonly KnownTree[] {
    return this.#incidents.trees;
  }

  set shares(shares: readonly KnownTree[]) {
    this.#incidents.trees = shares;
  }

  /** Continues the incidents of the earlier run. */
  begin(): void {
    for (const incident of this.#incidents.restore(this.#options.incidents, clockPair()))
      this.#options.publish({ type: "resolved", incident });
    this.#resolveLater();
  }

  /** Takes the captures of earlier runs, which count towards the same hour. */
  found(captures: readonly StoredCapture[]): void {
    this.#budget.restore(captures, clockPair());
  }

  /** Applies from the next anomaly on. Hangs of rules that are gone are ended: no detector will report their end. */
  configure(config: Config): void {
    this.#config = config;
    this.#incidents.configure(config);
    this.#budget.configure(config.hourly, monotonicNs());
    const isGone = (rule: string) => !config.rules.some(({ name }) => name === rule);
    this.#incidents.endStanding(clockPair(), isGone);
    this.#resolveLater();
  }

  /** A detector has started: it reports again what still hangs. */
  detectorStarted(): void {
    this.#incidents.endStanding(clockPair());
    this.#resolveLater();
  }

  observe(anomaly: Anomaly): void {
    const now = clockPair();
    const observation = this.#incidents.observe(this.#withLastingStanding(anomaly), now, (isEscalation) =>
      this.#takeCapture(anomaly.rule, isEscalation, now.monotonicNs),
    );
    const { opened, worsened, joined, grown, capture, suppressedBy, suppressedBefore, displaced } =
      observation;
    if (suppressedBy !== undefined) this.#suppression.add(suppressedBy);
    // Before anything else: the table should show the moment of the decision.
    const frozen = capture ? this.#options.freeze() : undefined;
    const frozenAt = clockPair();
    const isNews = opened || worsened || joined || capture;
    const incident = isNews ? this.#attributed(observation.incident, anomaly) : observation.incident;
    if (frozen !== undefined) {
      const before = { suppressed: suppressedBefore, isRepeat: this.#isCaptured(incident) };
      this.#order(frozen, frozenAt, (context) => orderFor(anomaly, incident, before, this.#config, context));
    }
    if (displaced !== undefined) this.#options.publish({ type: "resolved", incident: displaced });
    if (opened) this.#options.publish({ type: "opened", incident, anomaly });
    else if (worsened) this.#options.publish({ type: "worsened", incident, anomaly });
    else if (joined || grown) this.#options.publish({ type: "ongoing", incident, anomaly, joined });
    this.#resolveLater();
  }

  recover(recovery: Recovery): void {
    const { incident, ended } = this.#incidents.recover(recovery, clockPair()) ?? {};
    if (incident !== undefined && ended !== undefined)
      this.#options.publish({ type: "recovered", incident, ended });
    this.#resolveLater();
  }

  /**
   * Makes a capture on demand.
   * @returns the number of the order. `collected` or `dropped` is published for it, `dropped` possibly before this
   * returns.
   */
  snapshot(reason: string | undefined): number {
    const frozen = this.#options.freeze();
    const frozenAt = clockPair();
    const hanging = this.#hangingNow(this.#options.findHangs(frozen, frozenAt.monotonicNs, this.shares));
    return this.#order(frozen, frozenAt, (context) => manualOrder(this.#config, context, reason, hanging));
  }

  collected(capture: CaptureSummary): void {
    this.#pending.delete(capture.orderId);
    this.#budget.spend(capture.bytes, monotonicNs());
    const incident = this.#incidents.captured(capture);
    this.#options.publish({ type: "collected", capture, incident });
  }

  dropped(orderId: number, reason: string): void {
    const asked = this.#pending.get(orderId);
    this.#pending.delete(orderId);
    if (asked !== undefined) this.#incidents.dropped(asked);
    const { rule, incidentId } = asked ?? {};
    this.#options.publish({ type: "dropped", orderId, rule, incidentId, reason });
  }

  /** Every order that the runner has is lost. */
  dropAll(reason: string): void {
    for (const orderId of [...this.#pending.keys()]) this.dropped(orderId, reason);
  }

  /** The incidents that are open now. */
  open(): readonly Incident[] {
    return this.#incidents.open();
  }

  /** Captures that were suppressed since the start, by cause. */
  get suppressed(): Readonly<Record<SuppressionCause, number>> {
    return this.#suppression.totals;
  }

  /** Captures that the janitor never deletes for size. */
  protectedNames(): readonly string[] {
    return this.#incidents.protectedNames();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#suppression.flush();
  }

  /** Ignores the hang in a late report for a rule that a reload has removed: no detector will report its end. */
  #withLastingStanding(anomaly: Anomaly): Anomaly {
    const isInForce = this.#config.rules.some(({ name }) => name === anomaly.rule);
    return isInForce ? anomaly : { ...anomaly, standing: undefined };
  }

  /** Without a free slot in the runner nothing is frozen and nothing spent; a later anomaly is captured. */
  #takeCapture(rule: string, isEscalation: boolean, nowNs: number): SuppressionCause | undefined {
    const slots = isEscalation ? ORDERS_MAX : ORDERS_MAX - RESERVED_FOR_WORSE;
    if (this.#pending.size >= slots) return "captures_under_way";
    return this.#budget.take(rule, isEscalation, nowNs);
  }

  #attributed(incident: Incident, { share, evidence }: Anomaly): Incident {
    const attribution = this.#options.attribute(share, evidence, this.shares);
    return this.#incidents.attribute(incident.id, attribution) ?? incident;
  }

  #hangingNow(hangs: readonly Hang[]): HangingNow {
    const [worst] = hangs;
    if (worst === undefined) return NOTHING_HANGS;
    const share = shareOfHang(worst.about);
    return {
      servers: hangs.map(({ about }) => about),
      share,
      attribution: this.#options.attribute(share, worst.evidence, this.shares),
      evidence: worst.evidence,
    };
  }

  #isCaptured({ id, captures }: Incident): boolean {
    return captures.length > 0 || [...this.#pending.values()].some(({ incidentId }) => incidentId === id);
  }

  #order(
    frozen: FrozenMemory,
    frozenAt: ClockPair,
    makeOrder: (context: OrderContext) => CaptureOrder,
  ): number {
    const order = makeOrder({
      orderId: ++this.#lastOrderId,
      source: this.#options.originKind,
      frozenAt,
      losses: this.#options.losses(),
      watchingSinceNs: this.#options.watchingSinceNs() ?? frozenAt.monotonicNs,
      clientLists: this.#options.clientLists(),
      shares: this.shares,
    });
    const frozenAfterMs = (order.frozenAt.monotonicNs - order.triggeredNs) / 1e6;
    const { orderId, rule, kind, scope, incidentId, suppressed } = order;
    this.#options.publish({ type: "collecting", orderId, rule, kind, frozenAfterMs });
    this.#pending.set(orderId, { rule, scope, incidentId, suppressed });
    if (!this.#options.send(order, frozen)) this.dropped(order.orderId, "the runner is restarting");
    return order.orderId;
  }

  #resolveLater(): void {
    clearTimeout(this.#timer);
    const nextNs = this.#incidents.nextResolveNs();
    if (nextNs === Infinity) return;
    const waitMs = Math.max(0, nextNs - monotonicNs()) / 1e6 + 1;
    this.#timer = setTimeout(() => {
      for (const incident of this.#incidents.resolve(clockPair()))
        this.#options.publish({ type: "resolved", incident });
      this.#resolveLater();
    }, waitMs);
  }
}
