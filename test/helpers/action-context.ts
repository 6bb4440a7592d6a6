// The context of an action for tests: an order, empty frozen memory, real children, no baseline.

import { Children } from "../../src/runner/child.ts";
import { makeDebugDataParser } from "../../src/runner/debug-data-parser.ts";
import type { ActionContext } from "../../src/runner/run-action.ts";
import { SharedReads } from "../../src/runner/shared-reads.ts";
import { aHost } from "./host.ts";
import { anOrder } from "./order.ts";
import { aFrozen } from "./request-table.ts";
import { BUILT_IN_RULES } from "./scrubber.ts";

export function anActionContext(parts: Partial<ActionContext> = {}): ActionContext {
  const children = parts.children ?? new Children();
  const stop = parts.stop ?? new AbortController().signal;
  return {
    order: anOrder(),
    frozen: aFrozen(),
    host: aHost(),
    children,
    reads: new SharedReads(children, stop),
    parseDebugData: makeDebugDataParser(),
    baselines: { before: () => undefined, failedBefore: () => undefined },
    scrubber: BUILT_IN_RULES,
    stop,
    ...parts,
  };
}
