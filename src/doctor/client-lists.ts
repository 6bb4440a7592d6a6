// Reads the SMB client's own lists for `aod doctor`. A disposable child reads them, because the command must end even
// if the client's locks are held.

import { parseDebugData } from "../cifs/debug-data.ts";
import { DEBUG_DATA } from "../cifs/proc.ts";
import type { DebugData } from "../model/cifs.ts";
import { CLIENT_LISTS_TEXT, type Readability } from "../model/readability.ts";
import { monotonicNs } from "../system/clock.ts";
import { DisposableReader, type Outcome } from "../system/disposable-reader.ts";
import { Epoll } from "../system/epoll.ts";
import { type Finding, warn } from "./finding.ts";

interface ClientLists {
  /** Undefined if the client is not loaded, or its lists cannot be read. */
  readonly data: DebugData | undefined;
  readonly readability: Readability;
}

/** Blocks for at most the reader's deadline. */
export function readClientLists(file: typeof DEBUG_DATA = DEBUG_DATA): ClientLists {
  const epoll = Epoll.create();
  const reader = new DisposableReader({ ...file, waitSet: epoll });
  try {
    const outcome = readOnce(reader, epoll);
    const data = outcome.type === "read" ? parseDebugData(outcome.text, outcome.truncated) : undefined;
    return { data, readability: reader.readability };
  } finally {
    reader.close();
    epoll.close();
  }
}

/** Empty if the lists can be read. */
export function clientListsFindings(readability: Readability): readonly Finding[] {
  const trouble = CLIENT_LISTS_TEXT[readability];
  const todo = "look for lockups and tasks in cifs in the kernel log: dmesg | grep -iE 'lockup|hung|cifs'";
  return trouble === undefined ? [] : [warn("client lists", trouble, todo)];
}

function readOnce(reader: DisposableReader, epoll: Epoll): Outcome {
  const begun = reader.begin(monotonicNs());
  if (begun !== "begun") return { type: begun };
  for (;;) {
    epoll.wait(Math.max(0, reader.dueNs - monotonicNs()) / 1e6);
    const outcome = reader.poll(monotonicNs());
    if (outcome !== undefined) return outcome;
  }
}
