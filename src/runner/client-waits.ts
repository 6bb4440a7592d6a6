// The functions inside the SMB client in which tasks of the evidence sleep, other than those where cifs waits for a server. In: the
// evidence, a way to read a task's wchan; out: names, each once. Pure but for what is handed in.

import { judgeWchan } from "../cifs/wchan.ts";
import { KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import type { TaskReader } from "./inflight.ts";

/** @returns the most frequent first; empty where every task waits for a reply, for credits or for a connection, or runs. */
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
