// Makes the order for a capture from an anomaly or a request on demand. Pure.

import type { CustomAction } from "../model/action.ts";
import type { Anomaly } from "../model/anomaly.ts";
import type { Attribution } from "../model/attribution.ts";
import type { CaptureOrder, ClockPair, HangingServer, Losses, Source } from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import type { Incident } from "../model/incident.ts";
import type { Readability } from "../model/readability.ts";
import type { Request } from "../model/request.ts";
import type { TreeShare } from "../model/share.ts";

/** The facts that every order of one moment shares. */
export interface OrderContext {
  readonly orderId: number;
  readonly source: Source;
  readonly frozenAt: ClockPair;
  readonly losses: Losses;
  readonly watchingSinceNs: number;
  readonly clientLists: Readability;
  readonly shares: readonly TreeShare[];
}

/** Earlier captures of its incident. */
export interface OrderHistory {
  readonly suppressed: number;
  /** The incident has a capture already, or one is being made. */
  readonly isRepeat: boolean;
}

/** How far back a capture on demand reads the logs. */
const MANUAL_WINDOW_NS = 60e9;

export function orderFor(
  anomaly: Anomaly,
  incident: Incident,
  { suppressed, isRepeat }: OrderHistory,
  config: Config,
  context: OrderContext,
): CaptureOrder {
  const rule = config.rules.find(({ name }) => name === anomaly.rule);
  // A rule that a reload has just removed: the capture is made nevertheless.
  const actions = rule?.actions ?? config.defaultActions;
  return {
    ...context,
    trigger: "rule",
    reason: undefined,
    rule: anomaly.rule,
    ruleType: anomaly.ruleType,
    kind: anomaly.kind,
    share: anomaly.share,
    incidentId: incident.id,
    scope: {
      server: incident.server,
      family: incident.family,
      rules: incident.rules,
      shares: incident.shares,
    },
    attribution: incident.attribution,
    triggeredNs: anomaly.detectedNs,
    detectedAfterMs: Math.max(0, anomaly.detectedNs - anomaly.occurredNs) / 1e6,
    windowNs: rule?.windowNs ?? MANUAL_WINDOW_NS,
    actions,
    customActions: customOf(actions, config),
    limits: config.capture,
    redaction: config.redaction,
    isRepeat,
    evidence: anomaly.evidence,
    hanging: undefined,
    signals: incident.signals,
    statuses: incident.statuses,
    suppressed,
    configSha256: config.sha256,
  };
}

/** What hangs at the moment of a capture on demand. */
export interface HangingNow {
  /** The worst first; empty if nothing hangs. */
  readonly servers: readonly HangingServer[];
  /** A share of the first server, which the capture is about; empty if nothing hangs. */
  readonly share: string;
  readonly attribution: Attribution | undefined;
  readonly evidence: readonly Request[];
}

export const NOTHING_HANGS: HangingNow = { servers: [], share: "", attribution: undefined, evidence: [] };

/** The order for a capture on demand. @param reason given by the user; undefined for SIGUSR1. */
export function manualOrder(
  config: Config,
  context: OrderContext,
  reason: string | undefined,
  hanging: HangingNow,
): CaptureOrder {
  return {
    ...context,
    trigger: "manual",
    reason,
    rule: "manual",
    ruleType: "manual",
    kind: "manual",
    share: hanging.share,
    incidentId: undefined,
    scope: undefined,
    attribution: hanging.attribution,
    triggeredNs: context.frozenAt.monotonicNs,
    detectedAfterMs: 0,
    windowNs: MANUAL_WINDOW_NS,
    actions: config.defaultActions,
    customActions: customOf(config.defaultActions, config),
    limits: config.capture,
    redaction: config.redaction,
    isRepeat: false,
    evidence: hanging.evidence,
    hanging: hanging.servers,
    signals: [],
    statuses: [],
    suppressed: 0,
    configSha256: config.sha256,
  };
}

function customOf(names: readonly string[], { customActions }: Config): readonly CustomAction[] {
  return customActions.filter(({ name }) => names.includes(name));
}
