// Threads that load their code while the main thread has the BPF programs verified: both take as long. A thread does nothing
// before its supervisor tells it to start, so none of its reports can get lost. Started again they are made on demand.

import type { SpawnTable } from "./options.ts";
import type { Spawned } from "./thread-handle.ts";

/** Begins to load all threads. @returns a table that hands each of them out once, and makes new ones from then on. */
export function loadThreads(spawn: SpawnTable): SpawnTable {
  return {
    detector: handOut(spawn.detector),
    runner: handOut(spawn.runner),
    janitor: handOut(spawn.janitor),
  };
}

// --- internal ---

function handOut(make: () => Spawned): () => Spawned {
  const early = make();
  let isUsable = true;
  // A thread that failed while it loaded is made again: the next failure reaches its supervisor.
  early.addEventListener("close", () => {
    isUsable = false;
  });
  return () => {
    const worker = isUsable ? early : make();
    isUsable = false;
    return worker;
  };
}
