// The entry of the executable: the table of threads, and the commands. `new Worker` works in a compiled program only
// from this file. No work is done here.

import { runVerbs } from "./cli/verbs.ts";
import type { SpawnTable } from "./supervisor/options.ts";

const spawn: SpawnTable = {
  detector: () => new Worker(new URL("./detector/worker.ts", import.meta.url)),
  runner: () => new Worker(new URL("./runner/worker.ts", import.meta.url)),
  janitor: () => new Worker(new URL("./janitor/worker.ts", import.meta.url)),
};

process.exit(await runVerbs(process.argv.slice(2), spawn));
