// Threads that load their code while the kernel verifies the BPF programs for the main thread: both take equally long.
// A thread does nothing before its supervisor sends `start`, so none of its reports can get lost. For a restart threads
// are made on demand.

import type { SpawnTable } from "./options.ts";
import type { Spawned } from "./thread-handle.ts";

/** Starts loading all threads. @returns a table that hands out each of them once, and makes new ones from then on. */
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
  // A thread that failed while it loaded is replaced: the next failure reaches its supervisor.
  early.addEventListener("close", () => {
    isUsable = false;
  });
  return () => {
    const worker = isUsable ? early : make();
    isUsable = false;
    return worker;
  };
}
