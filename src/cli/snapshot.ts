// `aod snapshot`: asks the daemon for a capture now. Standard output has the path of the capture alone, for scripts;
// on a terminal, standard error shows the progress.

import type { ArgsDef } from "citty";
import { type AnswerOf, REASON_MAX_CHARS } from "../api/protocol.ts";
import { ask, gone } from "../control/client.ts";
import { findSocketPath } from "../control/socket-path.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError } from "../model/failure.ts";
import { bytesText, durationText } from "../model/figure.ts";
import { makeVerb } from "./arguments.ts";
import { printJson, printLines } from "./print.ts";

const ARGUMENTS = {
  reason: { type: "string", valueHint: "TEXT", description: "the reason, for the manifest of the capture" },
  json: { type: "boolean", description: "the result, for programs" },
} as const satisfies ArgsDef;

const CLEAR_LINE = "\r\u001b[K";

export const snapshotCommand = makeVerb({
  name: "snapshot",
  description: "make a capture now, and print where it is",
  args: ARGUMENTS,
  examples: [
    {
      command: 'aod snapshot --reason "users say that it is slow"',
      meaning: "with a reason for later readers",
    },
    { command: 'cp "$(aod snapshot)" /tmp', meaning: "for scripts: the path alone is printed" },
  ],
  run: async ({ reason, json }) => {
    const captured = await take(reason);
    if (json === true) printJson(captured);
    else printLines([escapeControls(captured.path)]);
    return 0;
  },
});

async function take(reason: string | undefined): Promise<AnswerOf<"captured">> {
  if (reason !== undefined && reason.length > REASON_MAX_CHARS)
    throw new AodError("USAGE", `--reason: ${REASON_MAX_CHARS} characters at most`);
  const answers = ask(findSocketPath(process.env), {
    ask: "snapshot",
    ...(reason === undefined ? {} : { reason }),
  });
  // The first action may take seconds.
  showProgress("collecting");
  try {
    for await (const answer of answers) {
      if (answer.type === "progress") showProgress(progressText(answer));
      if (answer.type !== "captured") continue;
      showProgress(`${capturedText(answer)}\n`);
      return answer;
    }
  } catch (thrown) {
    // The error has a line of its own.
    showProgress("");
    throw thrown;
  }
  throw gone("before the capture was made");
}

function showProgress(text: string): void {
  if (process.stderr.isTTY === true) process.stderr.write(CLEAR_LINE + text);
}

function progressText({ ended, of, action, status }: AnswerOf<"progress">): string {
  return escapeControls(`${ended} of ${of}: ${action}${status === "ok" ? "" : ` (${status})`}`);
}

function capturedText({ bytes, duration_ms, verdict }: AnswerOf<"captured">): string {
  const because = verdict.because[0] ?? "";
  return escapeControls(
    `${bytesText(bytes)} in ${durationText(duration_ms)}; verdict: ${verdict.cause}${because === "" ? "" : `: ${because}`}`,
  );
}
