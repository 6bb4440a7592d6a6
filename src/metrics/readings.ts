// Reads all figures at one moment, because somebody asked. In: the source of requests and what the supervisor knows; out: plain
// readings. It waits for nothing: the kernel's maps, this process's own figures, and files of /proc and /sys that no lock of a
// hung mount stands before.

import { readFileSync } from "node:fs";
import { readWchan } from "../cifs/proc.ts";
import { judgeWchan } from "../cifs/wchan.ts";
import type { RequestSource } from "../kernel/source.ts";
import { openOperations, openTable } from "../kernel/table.ts";
import { findWaiting } from "../live/open.ts";
import type { Losses } from "../model/capture.ts";
import type { Incident } from "../model/incident.ts";
import type { KnownTree } from "../model/share.ts";
import { monotonicNs } from "../system/clock.ts";
import { findOpenRequests } from "./open-requests.ts";
import type { Readings } from "./samples.ts";

const REFCNT = "/sys/module/cifs/refcnt";

/** What the supervisor knows. */
export interface Subject {
  readonly source: RequestSource;
  /** `counted`: the kernel's counters and all losses, by name. */
  readonly facts: () => { readonly trees: readonly KnownTree[]; readonly counted: Losses };
  readonly incidents: () => readonly Incident[];
}

/** Throws SYSCALL where the kernel's maps can't be read. */
export function readAll({ source, facts, incidents }: Subject): Readings {
  const nowNs = monotonicNs();
  const { trees: shares, counted } = facts();
  const { byShare, senders } = findOpenRequests(openTable(source.memory), shares, nowNs);
  const isWaiting = (taskId: number) => judgeWchan(readWchan(taskId)) === "reply";
  const { user, system } = process.cpuUsage();
  return {
    tallies: source.tallies(),
    shares,
    open: byShare,
    waitingOperations: findWaiting(openOperations(source.memory), nowNs, senders, isWaiting).length,
    sent: counted.entered ?? 0,
    losses: counted,
    incidents: incidents(),
    moduleReferences: readModuleReferences(),
    cost: {
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
      kernelMapBytes: source.mapBytes(),
    },
  };
}

/** 0 where the module is not loaded, or is part of the kernel. */
function readModuleReferences(): number {
  try {
    return Number(readFileSync(REFCNT, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}
