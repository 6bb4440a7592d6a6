// Answers questions about tasks from what the requests in flight and the witness know together. Pure.

import type { RequestsInFlight } from "./requests-in-flight.ts";
import type { TaskWitness } from "./waiting-operations.ts";
import type { Witness } from "./witness.ts";

export function taskWitness(
  witness: Witness,
  inFlight: Pick<RequestsInFlight, "senders" | "lastOf">,
  nowNs: number,
): TaskWitness {
  return {
    waitOf: (taskId) => witness.waitOf(taskId),
    blockOf: (taskId) => witness.blockOf(taskId),
    senders: () => inFlight.senders(nowNs),
    sharesOf: (taskIds) => {
      const last = inFlight.lastOf(taskIds);
      return new Map([...taskIds].map((id) => [id, witness.awaitedShare(last.get(id), nowNs)]));
    },
    holdUntilNs: () => witness.holdUntilNs,
  };
}
