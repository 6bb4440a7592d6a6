// `aod check`: checks the configuration. Problems go to stderr and the summary of the rules to stdout; the exit code
// is that of a start. It starts nothing. Below the output folder it reads only names and sizes of captures, and only
// on a local file system.

import { findConfig } from "../config/file.ts";
import { printProblems } from "../daemon/problems.ts";
import { whyNotRunnable } from "../daemon/program.ts";
import { judgeConfig } from "../daemon/readiness.ts";
import { pinnedOverBytes } from "../janitor/retention.ts";
import type { Config } from "../model/config.ts";
import { escapeControls } from "../model/escape.ts";
import { AodError } from "../model/failure.ts";
import { fileSystemOf } from "../system/mounts.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { capturesIn } from "./choose-capture.ts";

export const checkCommand = makeVerb({
  name: "check",
  description: "check the configuration file: every mistake at once, with its line",
  args: {
    file: {
      type: "positional",
      required: false,
      valueHint: "FILE",
      description: "the file to check, as --config names one",
    },
    ...CONFIG_ARGUMENT,
  },
  examples: [
    { command: "aod check", meaning: "the file that the service uses" },
    { command: "aod check new.yaml", meaning: "the file that will replace it" },
  ],
  run: ({ file, config }) => {
    if (file !== undefined && config !== undefined)
      throw new AodError("USAGE", "two files to check: name one, as FILE or with --config");
    const found = findConfig(file ?? config);
    const { code, problems, lines } = judgeConfig(found, fileSystemOf, whyNotRunnable, pinnedOver);
    printProblems(problems);
    (code === 0 ? process.stdout : process.stderr).write(
      lines.map((line) => `${escapeControls(line)}\n`).join(""),
    );
    return code;
  },
});

/** Bytes of pinned captures over the limit; 0 if the folder is missing, or may not be read by this user. */
function pinnedOver({ outputDir, cleanup }: Config): number {
  try {
    return pinnedOverBytes(capturesIn(outputDir), cleanup);
  } catch (error) {
    if (error instanceof AodError) return 0;
    throw error;
  }
}
