// From an anomaly, or a person's wish, to what the runner needs for a capture. Pure.

import type { CustomAction } from "../model/action.ts";
import type { Anomaly } from "../model/anomaly.ts";
import type { CaptureOrder, ClockPair, Losses, Source } from "../model/capture.ts";
import type { Config } from "../model/config.ts";
import type { Incident } from "../model/incident.ts";
import type { TreeShare } from "../model/share.ts";

/** What is the same for every order of one moment. */
export interface OrderContext {
  readonly orderId: number;
  readonly source: Source;
  readonly frozenAt: ClockPair;
  readonly losses: Losses;
  readonly watchingSinceNs: number;
  readonly shares: readonly TreeShare[];
}

/** What came before it in its incident. */
export interface OrderHistory {
  readonly suppressed: number;
  /** There is a capture already, or one is being made. */
  readonly isRepeat: boolean;
}

/** How far back a manual capture reads the logs. */
const MANUAL_WINDOW_NS = 60e9;

export function orderFor(
  anomaly: Anomaly,
  incident: Incident,
  { suppressed, isRepeat }: OrderHistory,
  config: Config,
  context: OrderContext,
): CaptureOrder {
  const rule = config.rules.find(({ name }) => name === anomaly.rule);
  // A rule that a reload took away a moment ago: the capture is made all the same.
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
    attribution: incident.attribution,
    triggeredNs: anomaly.detectedNs,
    detectedAfterMs: Math.max(0, anomaly.detectedNs - anomaly.occurredNs) / 1e6,
    windowNs: rule?.windowNs ?? MANUAL_WINDOW_NS,
    actions,
    customActions: customOf(actions, config),
    limits: config.capture,
    isRepeat,
    evidence: anomaly.evidence,
    suppressed,
    configSha256: config.sha256,
  };
}

/** A capture that somebody asked for. @param reason in their words; undefined for SIGUSR1. */
export function manualOrder(config: Config, context: OrderContext, reason: string | undefined): CaptureOrder {
  return {
    ...context,
    trigger: "manual",
    reason,
    rule: "manual",
    ruleType: "manual",
    kind: "manual",
    share: "",
    incidentId: undefined,
    attribution: undefined,
    triggeredNs: context.frozenAt.monotonicNs,
    detectedAfterMs: 0,
    windowNs: MANUAL_WINDOW_NS,
    actions: config.defaultActions,
    customActions: customOf(config.defaultActions, config),
    limits: config.capture,
    isRepeat: false,
    evidence: [],
    suppressed: 0,
    configSha256: config.sha256,
  };
}

function customOf(names: readonly string[], { customActions }: Config): readonly CustomAction[] {
  return customActions.filter(({ name }) => names.includes(name));
}
