// `aod captures keep`: pins captures, so that the janitor does not delete them, or unpins them. The inventory knows
// how a pin is stored.

import type { ArgsDef } from "citty";
import { pinCapture } from "../janitor/inventory.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { outputDirOf } from "./output-dir.ts";
import { printLines } from "./print.ts";
import { chooseAll, forEachStored, STORED_ARGUMENT } from "./stored-captures.ts";

const ARGUMENTS = {
  ...STORED_ARGUMENT,
  undo: { type: "boolean", description: "unpin them: age and size may remove them again" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

export const keepCommand = makeVerb({
  name: "captures keep",
  description: "pin captures: neither age nor size removes them; they still count towards the limit",
  args: ARGUMENTS,
  takesMore: true,
  examples: [
    { command: "aod captures keep latest", meaning: "until it is unpinned or removed" },
    { command: "aod captures keep --undo 20261123T0123", meaning: "unpin it" },
  ],
  run: ({ _: ids, undo, config }) => {
    const outputDir = outputDirOf(config);
    const isPinned = undo !== true;
    forEachStored(outputDir, chooseAll(outputDir, ids), "pin", (folder, { fileName }) => {
      const errno = pinCapture(folder, fileName, isPinned);
      if (errno === undefined) printLines([`${isPinned ? "pinned" : "no longer pinned"}: ${fileName}`]);
      return errno;
    });
    return 0;
  },
});
