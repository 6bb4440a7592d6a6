// `aod status`: how the running aod stands. In: its answer over the control socket; out: one screen, or the document as JSON. It
// changes nothing.

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
  description: "how the running aod stands: what it sees, what is wrong, what was saved, what it costs",
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

/** The daemon's sandbox may keep it from the kernel's switch; whoever asks as root holds it for the moment of the answer. */
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
  // What goes into a file or a mail is not cut to a screen's height.
  const room = isTerminal ? size : { ...size, rows: Number.POSITIVE_INFINITY };
  printStyled(statusLines(status, room, glyphsOf(process.env)));
}
