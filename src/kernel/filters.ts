// Which requests the kernel puts on the ring, computed from the rules: for each command the lowest latency that any
// rule counts, for each errno whether any rule counts it, and the statuses that no rule counts. Pure. The kernel may
// put more on the ring than a rule wants, never less: the detector decides.

import { COMMANDS } from "../model/command.ts";
import { ERRNO, ERRNO_COUNT } from "../model/errno.ts";
import { classifyStatus, NT_STATUSES } from "../model/nt-status.ts";
import { countsOperation } from "../model/operation-failure.ts";
import { GEOMETRY } from "../model/request.gen.ts";
import type { ErrorRule, Rule } from "../model/rule.ts";

export interface KernelFilters {
  /** By command number. */
  readonly commands: readonly {
    /** Infinity: latency never puts a request on the ring. */
    readonly slowNs: number;
    readonly errnoMask: readonly bigint[];
  }[];
  /** Errnos of operations that fail without a request. */
  readonly operationMask: readonly bigint[];
  readonly quiet: readonly { readonly ntStatus: number; readonly command: number }[];
}

export function planFilters(rules: readonly Rule[]): KernelFilters {
  const errorRules = rules.filter((rule) => rule.type === "error");
  const commands = COMMANDS.map((_, command) => ({
    slowNs: lowestNs(rules, command),
    errnoMask: maskOf(errorRules.filter((rule) => rule.commands[command])),
  }));
  const isCounted = commands.map(({ errnoMask }) => errnoMask.some((word) => word !== 0n));
  return { commands, operationMask: operationMaskOf(errorRules), quiet: quietPairs(errorRules, isCounted) };
}

function lowestNs(rules: readonly Rule[], command: number): number {
  return Math.min(
    Infinity,
    ...rules.flatMap((rule) => {
      if (rule.type === "latency")
        return [rule.slowNs[command] ?? Infinity, rule.emergencyNs[command] ?? Infinity];
      // The detector must know at once when a stuck request ends.
      return rule.type === "stuck" ? [rule.stuckNs[command] ?? Infinity] : [];
    }),
  );
}

/** Every errno that some rule counts. The detector judges how long the operation took. */
function operationMaskOf(rules: readonly ErrorRule[]): readonly bigint[] {
  const mask = new Array<bigint>(GEOMETRY.ERRNO_WORDS).fill(0n);
  for (let errno = 1; errno < ERRNO_COUNT; errno++) {
    if (rules.some((rule) => countsOperation(rule, errno, Infinity)))
      mask[errno >> 6] = (mask[errno >> 6] ?? 0n) | (1n << BigInt(errno & 63));
  }
  return mask;
}

function maskOf(rules: readonly ErrorRule[]): readonly bigint[] {
  const mask = new Array<bigint>(GEOMETRY.ERRNO_WORDS).fill(0n);
  const add = (errno: number) => {
    mask[errno >> 6] = (mask[errno >> 6] ?? 0n) | (1n << BigInt(errno & 63));
  };
  for (const rule of rules) {
    rule.counts.forEach((counts, errno) => {
      if (counts) add(errno);
    });
    for (const { status, errno } of NT_STATUSES) {
      if (rule.statuses[status] !== true) continue;
      add(errno);
      // Older kernels map statuses without an errno of their own to EIO.
      add(ERRNO.EIO);
    }
  }
  return mask;
}

/**
 * Errors that no rule counts: steps of the protocol, everyday answers that no rule names, statuses that all rules
 * exclude.
 * @param isCounted by command: without an errno that counts there is nothing to suppress.
 */
function quietPairs(rules: readonly ErrorRule[], isCounted: readonly boolean[]): KernelFilters["quiet"] {
  return NT_STATUSES.flatMap(({ status, errno }) =>
    COMMANDS.flatMap((_, command) => {
      if (!isCounted[command]) return [];
      const statusClass = classifyStatus(command, status);
      const isWanted = rules.some(
        (rule) =>
          rule.statuses[status] ??
          (statusClass === "failure" || (statusClass === "everyday" && rule.named[errno])),
      );
      return isWanted ? [] : [{ ntStatus: status, command }];
    }),
  );
}
