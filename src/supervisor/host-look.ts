// A look at what the programs see on this host at this moment, as status and live figures are made of it. In: the mapped
// memory and what is known of trees; out: a Look. It reads /proc of tasks that seem to wait, and names of processes that
// are shown; nothing is kept, and nothing here runs while nobody asks.

import { isWaitingInCifs, readComm } from "../cifs/proc.ts";
import { nameSender } from "../cifs/process.ts";
import { type Look, lookAt } from "../live/look.ts";
import type { OperationMemory } from "../model/operation.ts";
import type { RequestMemory } from "../model/request.ts";
import type { KnownTree } from "../model/share.ts";
import { monotonicNs } from "../system/clock.ts";

export interface Visible {
  readonly table: RequestMemory;
  readonly operations: OperationMemory;
  readonly trees: readonly KnownTree[];
  /** From when on no request is missing, ns of CLOCK_MONOTONIC; undefined while nothing is watched. */
  readonly watchingSinceNs: number | undefined;
}

export function lookOnHost(visible: Visible): Look {
  return lookAt({
    ...visible,
    nowNs: monotonicNs(),
    isWaiting: isWaitingInCifs,
    nameProcess: (processId, comm, command) => nameSender(readComm(processId) ?? comm, command),
  });
}
