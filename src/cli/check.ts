// `aod check`: is the configuration right. In: what `--config` named; out: every problem on stderr, what the rules come
// to on stdout, and the exit code that a start would end with. It starts nothing, and of an output folder on a local file
// system it reads the names and sizes of captures.

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
  description: "is the configuration file right: every mistake at once, with its line",
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
    const { code, problems, lines } = judgeConfig(found, fileSystemOf, whyNotRunnable, keptOverBytes);
    printProblems(problems);
    (code === 0 ? process.stdout : process.stderr).write(
      lines.map((line) => `${escapeControls(line)}\n`).join(""),
    );
    return code;
  },
});

/** 0 where the folder is not there yet, or is not for whoever asks. */
function keptOverBytes({ outputDir, cleanup }: Config): number {
  try {
    return pinnedOverBytes(capturesIn(outputDir), cleanup);
  } catch (error) {
    if (error instanceof AodError) return 0;
    throw error;
  }
}
