// What the kernel puts on the ring, worked out from the rules: for each command the lowest latency that any rule
// counts, for each errno whether any rule counts it, and the statuses that none does. Pure. The kernel's answer may
// be more than a rule wants, never less: the detector decides.

import { COMMANDS } from "../model/command.ts";
import { classifyStatus, NT_STATUSES } from "../model/nt-status.ts";
import { GEOMETRY } from "../model/request.gen.ts";
import type { ErrorRule, Rule } from "../model/rule.ts";

export interface KernelFilters {
  /** By command number. */
  readonly commands: readonly {
    /** Infinity: latency never puts it on the ring. */
    readonly slowNs: number;
    readonly errnoMask: readonly bigint[];
  }[];
  readonly quiet: readonly { readonly ntStatus: number; readonly command: number }[];
}

export function planFilters(rules: readonly Rule[]): KernelFilters {
  const errorRules = rules.filter((rule) => rule.type === "error");
  const errnoMask = maskOf(errorRules);
  const commands = COMMANDS.map((_, command) => ({ slowNs: lowestNs(rules, command), errnoMask }));
  return { commands, quiet: quietPairs(errorRules) };
}

function lowestNs(rules: readonly Rule[], command: number): number {
  let lowest = Infinity;
  for (const rule of rules) {
    if (rule.type !== "latency") continue;
    lowest = Math.min(lowest, rule.slowNs[command] ?? Infinity, rule.emergencyNs[command] ?? Infinity);
  }
  return lowest;
}

function maskOf(rules: readonly ErrorRule[]): readonly bigint[] {
  const mask = new Array<bigint>(GEOMETRY.ERRNO_WORDS).fill(0n);
  for (const rule of rules) {
    rule.counts.forEach((counts, errno) => {
      if (counts) mask[errno >> 6] = (mask[errno >> 6] ?? 0n) | (1n << BigInt(errno & 63));
    });
  }
  return mask;
}

/** Steps of the protocol always, everyday answers unless some rule names their errno. */
function quietPairs(rules: readonly ErrorRule[]): KernelFilters["quiet"] {
  const pairs: { ntStatus: number; command: number }[] = [];
  for (const { status, errno } of NT_STATUSES) {
    COMMANDS.forEach((_, command) => {
      const statusClass = classifyStatus(command, status);
      const named = errno !== undefined && rules.some((rule) => rule.named[errno]);
      if (statusClass === "step" || (statusClass === "everyday" && !named))
        pairs.push({ ntStatus: status, command });
    });
  }
  return pairs;
}
