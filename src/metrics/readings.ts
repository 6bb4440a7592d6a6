// Reads all figures at one moment, because somebody asked. In: the source of requests and what the supervisor knows; out: plain
// readings. It waits for nothing: the kernel's maps, this process's own figures, and files of /proc and /sys that no lock of a
// hung mount stands before.

import { isWaitingInCifs, readModuleReferences } from "../cifs/proc.ts";
import type { RequestSource } from "../kernel/source.ts";
import { openOperations, openTable } from "../kernel/table.ts";
import { findWaiting } from "../live/open.ts";
import type { Losses } from "../model/capture.ts";
import type { Incident } from "../model/incident.ts";
import { refusalCounts } from "../model/refusals.ts";
import type { KnownTree } from "../model/share.ts";
import { readOwnCost } from "../supervisor/own-cost.ts";
import { monotonicNs } from "../system/clock.ts";
import { findOpenRequests } from "./open-requests.ts";
import type { Readings } from "./samples.ts";

/** What the supervisor knows. */
export interface ScrapeSources {
  readonly source: RequestSource;
  /** `counted`: the kernel's counters and all losses, by name. */
  readonly facts: () => Pick<
    Readings,
    "isAttached" | "suppressed" | "startedAtMs" | "troubles" | "isAgeSuspended"
  > & {
    readonly trees: readonly KnownTree[];
    readonly counted: Losses;
  };
  readonly incidents: () => readonly Incident[];
}

/** Throws SYSCALL where the kernel's maps can't be read. */
export function readAll({ source, facts, incidents }: ScrapeSources): Readings {
  const nowNs = monotonicNs();
  const { trees: shares, counted, ...known } = facts();
  const { byShare, senders } = findOpenRequests(openTable(source.memory), shares, nowNs);
  // Not loaded, a part of the kernel, or not readable just now.
  const references = readModuleReferences();
  const operations = openOperations(source.memory);
  return {
    ...known,
    tallies: source.tallies(),
    operationErrors: source.operationErrors(),
    shares,
    open: byShare,
    waitingOperations: findWaiting(operations, nowNs, senders, isWaitingInCifs).length,
    sent: counted.entered ?? 0,
    losses: counted,
    refused: refusalCounts(),
    incidents: incidents(),
    moduleReferences: typeof references === "number" ? references : 0,
    cost: readOwnCost(source),
  };
}
