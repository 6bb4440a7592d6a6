// Reads all figures at the moment of a scrape. It must not block: it reads the kernel's maps, figures of this process,
// and files of /proc and /sys that take no lock that a hung mount can hold.

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

/** Where the figures come from. */
export interface ScrapeSources {
  readonly source: RequestSource;
  /** State of the supervisor; `counted` has the kernel's counters and all losses, by name. */
  readonly facts: () => Pick<
    Readings,
    "isAttached" | "suppressed" | "startedAtMs" | "troubles" | "isAgeSuspended"
  > & {
    readonly trees: readonly KnownTree[];
    readonly counted: Losses;
  };
  readonly incidents: () => readonly Incident[];
}

/** Throws SYSCALL if the kernel's maps cannot be read. */
export function readAll({ source, facts, incidents }: ScrapeSources): Readings {
  const nowNs = monotonicNs();
  const { trees: shares, counted, ...known } = facts();
  const { byShare, senders } = findOpenRequests(openTable(source.memory), shares, nowNs);
  // Not a number if cifs is not loaded, is built into the kernel, or cannot be read just now.
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
