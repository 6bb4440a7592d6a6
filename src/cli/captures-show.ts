// `aod captures show`: prints one capture in words, or its manifest as JSON. The capture may be stored or any file.

import { statSync } from "node:fs";
import type { ArgsDef } from "citty";
import { readCapture } from "../capture/reader.ts";
import { isPinnedMode } from "../janitor/inventory.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { captureLines } from "./capture-lines.ts";
import { CAPTURE_ARGUMENT, chooseCapture } from "./choose-capture.ts";
import { outputDirOf } from "./output-dir.ts";
import { printJson, printLines } from "./print.ts";

const ARGUMENTS = {
  id: CAPTURE_ARGUMENT,
  json: { type: "boolean", description: "the manifest, unchanged: /usr/share/doc/aod/captures.md" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

export const showCommand = makeVerb({
  name: "captures show",
  description:
    "one capture in words: who is to blame and why, what tripped, what is inside and what is missing",
  args: ARGUMENTS,
  examples: [
    { command: "aod captures show latest", meaning: "the newest" },
    {
      command: "aod captures show ./aod_20261123T012345.678Z_slow.tar.zst",
      meaning: "a file from another host",
    },
    { command: "aod captures show latest --json | jq .verdict", meaning: "for programs" },
  ],
  run: ({ id, json, config }) => {
    const path = chooseCapture(() => outputDirOf(config), id);
    const capture = readCapture(path);
    if (json === true) {
      printJson(capture.manifest);
      return 0;
    }
    const { size, mode } = statSync(path);
    printLines(captureLines(capture, { path, bytes: size, isPinned: isPinnedMode(mode) }));
    return 0;
  },
});
