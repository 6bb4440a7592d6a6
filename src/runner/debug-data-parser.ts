// Parses the DebugData of one capture once: its actions, the recheck and the verdict all show the same reading. Pure.

import { parseDebugData } from "../cifs/debug-data.ts";
import type { DebugData } from "../model/cifs.ts";

export type DebugDataParser = (text: string) => DebugData;

/** A parser that returns its last result again for an equal text. One per capture. */
export function makeDebugDataParser(parse: DebugDataParser = parseDebugData): DebugDataParser {
  let lastText: string | undefined;
  let last: DebugData | undefined;
  return (text) => {
    if (last === undefined || text !== lastText) {
      last = parse(text);
      lastText = text;
    }
    return last;
  };
}
