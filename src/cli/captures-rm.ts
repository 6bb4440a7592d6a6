// `aod captures rm`: removes captures after a question. Without --force it refuses pinned captures and those of an
// open incident, and removes nothing then.

import type { ArgsDef } from "citty";
import { type CaptureFacts, foldCaptures } from "../history/captures.ts";
import { removeCapture } from "../janitor/inventory.ts";
import type { StoredCapture } from "../model/capture.ts";
import { AodError } from "../model/failure.ts";
import { bytesText } from "../model/figure.ts";
import { CONFIG_ARGUMENT, makeVerb } from "./arguments.ts";
import { historyIn, outputDirOf } from "./output-dir.ts";
import { printLines } from "./print.ts";
import { chooseAll, forEachStored, STORED_ARGUMENT } from "./stored-captures.ts";

const ARGUMENTS = {
  ...STORED_ARGUMENT,
  yes: { type: "boolean", description: "do not ask" },
  force: { type: "boolean", description: "also pinned captures, and those of an open incident" },
  ...CONFIG_ARGUMENT,
} as const satisfies ArgsDef;

export const removeCommand = makeVerb({
  name: "captures rm",
  description: "remove captures; asks before it does",
  args: ARGUMENTS,
  takesMore: true,
  examples: [{ command: "aod captures rm 20261123T0123 --yes", meaning: "without a question" }],
  run: ({ _: ids, yes, force, config }) => {
    const outputDir = outputDirOf(config);
    const captures = chooseAll(outputDir, ids);
    const needed = force === true ? [] : findNeeded(captures, foldCaptures(historyIn(outputDir)));
    if (needed.length > 0)
      throw new AodError("USAGE", `${needed.join("; ")}; --force removes it all the same`);
    if (yes !== true && !isAgreed(captures)) {
      printLines(["nothing was removed"]);
      return 0;
    }
    forEachStored(outputDir, captures, "remove", (folder, { fileName }) => {
      const errno = removeCapture(folder, fileName, force === true);
      if (errno === undefined) printLines([`removed: ${fileName}`]);
      return errno;
    });
    return 0;
  },
});

/** The reasons why captures must not be removed, one for each sentence. */
export function findNeeded(
  captures: readonly StoredCapture[],
  facts: ReadonlyMap<string, CaptureFacts>,
): readonly string[] {
  return captures.flatMap(({ fileName, isPinned }) => {
    const { isOpen = false, incidentId } = facts.get(fileName) ?? {};
    return [
      ...(isPinned ? [`${fileName} is pinned`] : []),
      ...(isOpen ? [`${fileName} belongs to incident ${incidentId}, which is open`] : []),
    ];
  });
}

/** Asks the user. Throws USAGE without a terminal. */
function isAgreed(captures: readonly StoredCapture[]): boolean {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new AodError(
      "USAGE",
      "captures rm asks before it removes, and there is no terminal; --yes answers the question",
    );
  const bytes = captures.reduce((sum, capture) => sum + capture.bytes, 0);
  printLines(captures.map(({ fileName }) => fileName));
  const what = captures.length === 1 ? "this capture" : `these ${captures.length} captures`;
  return confirm(`Remove ${what}, ${bytesText(bytes)}?`);
}
