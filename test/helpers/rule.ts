// Rules for tests: one that counts every command or errno, but for what the test says.

import { COMMANDS } from "../../src/model/command.ts";
import type { ErrorRule, LatencyRule, RuleMatch, SignalRule, StuckRule } from "../../src/model/rule.ts";
import { SIGNALS } from "../../src/model/signal.ts";

const EVERYTHING: RuleMatch = { share: undefined, process: undefined };

interface LatencyParts extends Partial<LatencyRule> {
  /** For every command, in place of slowNs. */
  readonly slowMs?: number;
  /** For every command, in place of emergencyNs. */
  readonly emergencyMs?: number;
  readonly windowMs?: number;
}

export function aLatencyRule({ slowMs, emergencyMs, windowMs, ...parts }: LatencyParts = {}): LatencyRule {
  return {
    type: "latency",
    name: "slow",
    windowNs: (windowMs ?? 1000) * 1e6,
    acceptableCount: 10,
    actions: [],
    slowNs: COMMANDS.map(() => (slowMs ?? 10) * 1e6),
    emergencyNs: COMMANDS.map(() => (emergencyMs ?? 1000) * 1e6),
    named: COMMANDS.map(() => false),
    rate: undefined,
    match: EVERYTHING,
    ...parts,
  };
}

interface ErrorParts extends Partial<ErrorRule> {
  /** Only these errnos count, in place of all. */
  readonly errnos?: readonly number[];
  /** These are named. */
  readonly namedErrnos?: readonly number[];
}

export function anErrorRule({ errnos, namedErrnos = [], ...parts }: ErrorParts = {}): ErrorRule {
  const all = Array.from({ length: 256 }, (_, errno) => errno);
  return {
    type: "error",
    name: "errors",
    windowNs: 1e9,
    acceptableCount: 5,
    actions: [],
    commands: COMMANDS.map(() => true),
    counts: all.map((errno) => errnos?.includes(errno) ?? true),
    named: all.map((errno) => namedErrnos.includes(errno)),
    statuses: {},
    emergency: {},
    rate: undefined,
    match: EVERYTHING,
    ...parts,
  };
}

interface StuckParts extends Partial<StuckRule> {
  /** For every command and for what waits, in place of stuckNs and waitingNs. */
  readonly stuckMs?: number;
}

export function aStuckRule({ stuckMs = 5000, ...parts }: StuckParts = {}): StuckRule {
  return {
    type: "stuck",
    name: "stuck",
    windowNs: 1e9,
    acceptableCount: 1,
    actions: [],
    stuckNs: COMMANDS.map(() => stuckMs * 1e6),
    waitingNs: stuckMs * 1e6,
    named: COMMANDS.map(() => false),
    match: EVERYTHING,
    ...parts,
  };
}

export function aSignalRule(parts: Partial<SignalRule> = {}): SignalRule {
  return {
    type: "signal",
    name: "signals",
    windowNs: 1e9,
    acceptableCount: 1,
    actions: [],
    counts: SIGNALS.map(() => true),
    named: SIGNALS.map(() => false),
    match: EVERYTHING,
    ...parts,
  };
}
