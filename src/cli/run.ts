// `aod run`: runs the daemon in the foreground, also for the service. src/daemon composes it.

import { runDaemon } from "../daemon/daemon.ts";
import type { SpawnTable } from "../supervisor/options.ts";
import { CONFIG_ARGUMENT, makeVerb, type VerbCommand } from "./arguments.ts";

export function makeRunCommand(spawn: SpawnTable): VerbCommand {
  return makeVerb({
    name: "run",
    description: "watch this host's SMB mounts, in the foreground (the default)",
    args: CONFIG_ARGUMENT,
    examples: [
      { command: "systemctl enable --now aod", meaning: "as a service, now and after each boot" },
      { command: "aod run --config aod.yaml", meaning: "in the foreground; Ctrl-C ends it" },
    ],
    run: ({ config }) => runDaemon(config, spawn),
  });
}
