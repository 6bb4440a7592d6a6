// Finds the functions inside the SMB client in which tasks of the evidence sleep, except those in which cifs waits for
// a server. Pure, except for the reader of wchan that the caller passes.

import { judgeWchan } from "../cifs/wchan.ts";
import { KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import type { TaskReader } from "./inflight.ts";

/**
 * @returns names, the most frequent first; empty if every task runs, or waits for a reply, credits or a connection.
 */
export function findClientWaits(
  evidence: readonly Request[],
  readWchan: TaskReader["readWchan"],
): readonly string[] {
  const inside = evidence.filter(({ kind, errno }) => kind === KIND.OPERATION && errno === 0);
  const counts = new Map<string, number>();
  for (const taskId of new Set(inside.map((operation) => operation.taskId))) {
    const wchan = readWchan(taskId)?.trim();
    const wait = judgeWchan(wchan);
    if (wchan !== undefined && (wait === "other" || wait === "io"))
      counts.set(wchan, (counts.get(wchan) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([wchan]) => wchan);
}
