// The order in which a capture's actions run, and which of them are left out. In: an order and what captures share; out: an
// outcome for every action, in the order of the rule's list. What an action does is run-action.ts.
//
//   stage 1 (/proc)   all at once: what changes fastest
//   stage 2 (logs)    begins when all of stage 1 has ended
//   stage 3 (long)    begins when all of stage 2 has ended; not for an incident that has a capture already
//
// What has not begun when the capture's time or bytes are spent is left out. What has begun keeps its own deadline, and
// what is left of the bytes at its begin; what a stage's actions have more than that together is cut when all have ended.

import type { Stage } from "../model/action.ts";
import type { CaptureLimits, CaptureOrder, FrozenMemory } from "../model/capture.ts";
import { type Action, findAction } from "./actions.ts";
import { shareBytes } from "./byte-shares.ts";
import type { Precedence } from "./precedence.ts";
import { type ActionContext, type ActionResult, cutResult, notRun, runAction } from "./run-action.ts";
import { SharedReads } from "./shared-reads.ts";
import type { Slots } from "./slots.ts";

const STAGES: readonly Stage[] = [1, 2, 3];
const BYTES_PER_MB = 1 << 20;
const MS_PER_SEC = 1000;

export interface StageContext extends Omit<ActionContext, "order" | "frozen" | "reads"> {
  /** Of all captures together; what reads /proc does not wait for one, for it would show another moment. */
  readonly slots: Slots;
  /** Likewise: stage 1 goes before what captures are written with. */
  readonly precedence: Precedence;
}

/**
 * Runs what the order asks for, each action once.
 * @param ended called as each one ends, or is left out.
 */
export async function runStages(
  order: CaptureOrder,
  frozen: FrozenMemory,
  { slots, precedence, ...context }: StageContext,
  ended?: (collected: ActionResult) => void,
): Promise<readonly ActionResult[]> {
  const begunMs = performance.now();
  const whole = { ...context, order, frozen, reads: new SharedReads(context.children, context.stop) };
  let spentBytes = 0;
  const run = async (name: string, action: Action | undefined): Promise<ActionResult> => {
    const spent = { ms: performance.now() - begunMs, bytes: spentBytes };
    const reason = action && whyDropped(action.stage, order, spent);
    const maxBytes = Math.min(action?.maxBytes ?? 0, order.limits.maxBytes - spentBytes);
    const collected =
      reason === undefined
        ? await runAction(name, action && { ...action, maxBytes }, whole)
        : notRun(name, reason);
    spentBytes += collected.content.length;
    ended?.(collected);
    return collected;
  };

  const names = [...new Set(order.actions)];
  const actions = new Map(names.map((name) => [name, findAction(name, order.customActions)]));
  const collected = new Map<string, ActionResult>();
  for (const stage of STAGES) {
    const due = names.filter((name) => (actions.get(name)?.stage ?? 1) === stage);
    const before = spentBytes;
    const begin = (name: string) => run(name, actions.get(name));
    const ended =
      stage === 1
        ? await precedence.first(() => Promise.all(due.map(begin)))
        : await Promise.all(due.map((name) => slots.run(() => begin(name))));
    const wanted = ended.map(({ content }) => content.length);
    const given = shareBytes(wanted, order.limits.maxBytes - before);
    ended.forEach((one, i) => {
      const { name } = one.outcome;
      collected.set(name, cutResult(one, actions.get(name), given[i] ?? 0, spentText(order.limits)));
    });
    spentBytes = collected.values().reduce((sum, { content }) => sum + content.length, 0);
  }
  return names.flatMap((name) => collected.get(name) ?? []);
}

/** Why an action of this stage does not begin any more; undefined: it does. */
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

/** What is said of what had no room any more. */
export function spentText({ maxBytes }: Pick<CaptureLimits, "maxBytes">): string {
  return `the ${maxBytes / BYTES_PER_MB} MiB of the capture are spent`;
}
