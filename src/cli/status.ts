// `aod status`: prints the state of the running aod, as one screen or as JSON. It changes nothing.

import type { ArgsDef } from "citty";
import type { Status } from "../api/status.ts";
import { askOnce } from "../control/client.ts";
import { findSocketPath } from "../control/socket-path.ts";
import { countRunTime } from "../kernel/run-stats.ts";
import { glyphsOf } from "../top/glyphs.ts";
import { makeVerb } from "./arguments.ts";
import { printJson, printStyled } from "./print.ts";
import { statusLines } from "./status-lines.ts";
import { outputSize } from "./terminal.ts";

const ARGUMENTS = {
  json: { type: "boolean", description: "the document, for programs" },
} as const satisfies ArgsDef;

export const statusCommand = makeVerb({
  name: "status",
  description:
    "the state of the running aod: what it watches, what is wrong, what it captured, what it costs",
  args: ARGUMENTS,
  examples: [
    { command: "aod status", meaning: "one screen" },
    { command: "aod status --json | jq .losses", meaning: "for programs" },
  ],
  run: async ({ json }) => {
    const status = await askStatus(findSocketPath(process.env));
    if (json === true) printJson(status);
    else show(status);
    return 0;
  },
});

/**
 * Switches the kernel's run-time statistics on for the moment of the answer: the daemon's sandbox may forbid that to
 * the daemon.
 */
async function askStatus(path: string): Promise<Status> {
  const switchOff = countRunTime();
  try {
    return (await askOnce(path, { ask: "status" }, "status")).status;
  } finally {
    switchOff?.();
  }
}

function show(status: Status): void {
  const isTerminal = process.stdout.isTTY === true;
  const size = outputSize();
  // Output to a file or a mail is not cut to the height of a screen.
  const room = isTerminal ? size : { ...size, rows: Number.POSITIVE_INFINITY };
  printStyled(statusLines(status, room, glyphsOf(process.env)));
}
