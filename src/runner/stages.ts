// Runs a capture's actions in stages, and decides which of them are left out. Every action gets a result, in the order
// of the rule's list. run-action.ts runs a single action.
//
//   stage 1 (/proc)   all at the same time: the figures that change fastest
//   stage 2 (logs)    begins when all of stage 1 has ended
//   stage 3 (long)    begins when all of stage 2 has ended; not for an incident that already has a capture
//
// An action that has not begun when the capture's time or bytes are spent is left out. An action that has begun keeps
// its own deadline, and may fill the bytes that were left at its begin. If the actions of a stage exceed these bytes
// together, they are cut when all have ended.

import type { Stage } from "../model/action.ts";
import type { CaptureLimits, CaptureOrder, FrozenMemory } from "../model/capture.ts";
import { type Action, findAction } from "./actions.ts";
import { divideBytes } from "./byte-shares.ts";
import { type ActionContext, type ActionResult, cutResult, notRun, runAction } from "./run-action.ts";
import type { Precedence, Slots } from "./scheduling.ts";
import { SharedReads } from "./shared-reads.ts";

const STAGES: readonly Stage[] = [1, 2, 3];
const BYTES_PER_MB = 1 << 20;
const MS_PER_SEC = 1000;

export interface StageContext extends Omit<ActionContext, "order" | "frozen" | "reads"> {
  /** Shared by all captures. Stage 1 does not wait for a slot: it would show a later moment. */
  readonly slots: Slots;
  /** Shared by all captures. Stage 1 takes precedence over the writing of captures. */
  readonly precedence: Precedence;
}

/**
 * Runs the order's actions, each once.
 * @param onResult called when an action ends or is left out.
 */
export async function runStages(
  order: CaptureOrder,
  frozen: FrozenMemory,
  { slots, precedence, ...context }: StageContext,
  onResult?: (result: ActionResult) => void,
): Promise<readonly ActionResult[]> {
  const begunMs = performance.now();
  const whole = { ...context, order, frozen, reads: new SharedReads(context.children, context.stop) };
  let spentBytes = 0;
  const run = async (name: string, action: Action | undefined): Promise<ActionResult> => {
    const spent = { ms: performance.now() - begunMs, bytes: spentBytes };
    const reason = action && whyDropped(action.stage, order, spent);
    const maxBytes = Math.min(action?.maxBytes ?? 0, order.limits.maxBytes - spentBytes);
    const result =
      reason === undefined
        ? await runAction(name, action && { ...action, maxBytes }, whole)
        : notRun(name, reason);
    spentBytes += result.content.length;
    onResult?.(result);
    return result;
  };

  const names = [...new Set(order.actions)];
  const actions = new Map(names.map((name) => [name, findAction(name, order.customActions)]));
  const results = new Map<string, ActionResult>();
  for (const stage of STAGES) {
    const due = names.filter((name) => (actions.get(name)?.stage ?? 1) === stage);
    const before = spentBytes;
    const begin = (name: string) => run(name, actions.get(name));
    const ended =
      stage === 1
        ? await precedence.readFirst(() => Promise.all(due.map(begin)))
        : await Promise.all(due.map((name) => slots.run(() => begin(name))));
    const wanted = ended.map(({ content }) => content.length);
    const given = divideBytes(wanted, order.limits.maxBytes - before);
    ended.forEach((one, i) => {
      const { name } = one.outcome;
      results.set(name, cutResult(one, actions.get(name), given[i] ?? 0, spentText(order.limits)));
    });
    spentBytes = results.values().reduce((sum, { content }) => sum + content.length, 0);
  }
  return names.flatMap((name) => results.get(name) ?? []);
}

/** Why an action of this stage is left out; undefined if it may begin. */
export function whyDropped(
  stage: Stage,
  { isRepeat, limits }: { readonly isRepeat: boolean; readonly limits: CaptureLimits },
  spent: { readonly ms: number; readonly bytes: number },
): string | undefined {
  if (stage === 3 && isRepeat) return "dropped: the incident has a capture already";
  if (spent.ms >= limits.budgetMs)
    return `dropped: the ${limits.budgetMs / MS_PER_SEC} s of the capture are spent`;
  if (spent.bytes >= limits.maxBytes) return `dropped: ${spentText(limits)}`;
  return undefined;
}

/** The reason that is given for an action or a report that had no room any more. */
export function spentText({ maxBytes }: Pick<CaptureLimits, "maxBytes">): string {
  return `the ${maxBytes / BYTES_PER_MB} MiB of the capture are spent`;
}
