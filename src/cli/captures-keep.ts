// `aod captures keep`: captures that the janitor must not delete, or may again. In: which ones; out: a line for each. What
// that is on the disk is the inventory's.

import type { ArgsDef } from "citty";
import { pinCapture } from "../janitor/inventory.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { outputDirOf } from "./output-dir.ts";
import { printLines } from "./print.ts";
import { chooseAll, forEachStored, STORED_ARGUMENT } from "./stored-captures.ts";

const ARGUMENTS = {
  ...STORED_ARGUMENT,
  undo: { type: "boolean", description: "let age and size remove them again" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

export const keepCommand = makeVerb({
  name: "captures keep",
  description: "keep captures whatever their age and size; they still count towards the limit",
  args: ARGUMENTS,
  takesMore: true,
  examples: [
    { command: "aod captures keep latest", meaning: "until somebody removes it" },
    { command: "aod captures keep --undo 20261123T0123", meaning: "no longer" },
  ],
  run: ({ _: ids, undo, config }) => {
    const outputDir = outputDirOf(config);
    const isToStay = undo !== true;
    forEachStored(outputDir, chooseAll(outputDir, ids), "keep", (folder, { fileName }) => {
      const errno = pinCapture(folder, fileName, isToStay);
      if (errno === undefined) printLines([`${isToStay ? "pinned" : "no longer pinned"}: ${fileName}`]);
      return errno;
    });
    return 0;
  },
});
