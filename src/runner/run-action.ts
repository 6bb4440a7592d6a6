// One action from its name to its outcome. In: the row of the table, the order and the machine; out: an outcome of one
// shape and the bytes for the capture: UTF-8, and without secrets, for this is the one place that such bytes come from.
// Whatever goes wrong is an outcome: no action stops a capture.

import type { ActionOutcome, CaptureOrder } from "../model/capture.ts";
import type { Action, Host, Run } from "./actions.ts";
import { CappedBuffer } from "./capped-buffer.ts";
import { type ChildResult, type Children, notStarted } from "./child.ts";
import { findProgram } from "./program.ts";
import { scrub, wholeLines } from "./scrub.ts";

export interface Collected {
  readonly outcome: ActionOutcome;
  readonly content: Uint8Array;
  /** Secrets that were taken out of it. */
  readonly scrubbed: number;
}

export interface ActionContext {
  readonly order: CaptureOrder;
  readonly host: Host;
  readonly children: Children;
  /** Ends what runs. */
  readonly stop: AbortSignal;
}

/**
 * Runs an action. Throws nothing that a file, a program or the machine can cause.
 * @param action its row; undefined for a name that has none.
 */
export async function runAction(
  name: string,
  action: Action | undefined,
  context: ActionContext,
): Promise<Collected> {
  if (action === undefined) return notRun(name, "there is no such action");
  const plan = action.plan(context.order, context.host);
  if ("missing" in plan) return notRun(name, plan.missing);
  const program = findProgram(action.program);
  if (program === undefined) return notRun(name, `${action.program} is not installed`);

  const begunMs = performance.now();
  const result =
    "runs" in plan
      ? await runAll(plan.runs, action, context)
      : await context.children.run(
          [program, ...plan.args],
          action,
          context.stop,
          action.environment?.(context.order),
        );
  const durationMs = Math.round(performance.now() - begunMs);
  const { text, count: scrubbed } = scrub(textOf(result, action, context.order));
  const content = new TextEncoder().encode(text);
  const wasStarted = result.end !== "not_started";
  return {
    content,
    scrubbed,
    outcome: {
      name,
      file: wasStarted ? `actions/${name}.log` : undefined,
      ...judge(result, action),
      exitCode: result.exitCode,
      durationMs,
      bytes: content.length,
      sha256: wasStarted ? new Bun.CryptoHasher("sha256").update(content).digest("hex") : undefined,
    },
  };
}

/** The outcome of an action that nothing was started for. */
export function notRun(name: string, reason: string): Collected {
  const nothing = { file: undefined, exitCode: undefined, durationMs: 0, bytes: 0, sha256: undefined };
  return {
    content: new Uint8Array(0),
    scrubbed: 0,
    outcome: { name, status: "missing", reason, ...nothing },
  };
}

function textOf({ output, truncated }: ChildResult, { keep, show }: Action, order: CaptureOrder): string {
  const text = new TextDecoder().decode(output);
  const whole = truncated ? wholeLines(text, keep) : text;
  return show === undefined ? whole : show(whole, order);
}

/** Output of all, one after the other; how it ended is how the first that did not go well did. */
async function runAll(
  runs: readonly Run[],
  limits: Action,
  { children, stop }: Pick<ActionContext, "children" | "stop">,
): Promise<ChildResult> {
  const begunMs = performance.now();
  const output = new CappedBuffer(limits.maxBytes, limits.keep);
  let bad: ChildResult | undefined;
  let last: ChildResult | undefined;
  for (const { heading, program, args, afterMs } of runs) {
    if (afterMs > 0 && !stop.aborted) await Bun.sleep(afterMs);
    const timeoutMs = Math.max(1, limits.timeoutMs - (performance.now() - begunMs));
    const path = findProgram(program);
    last =
      path === undefined
        ? notStarted(`${program} is not installed`)
        : await children.run([path, ...args], { ...limits, timeoutMs }, stop);
    if (last.end !== "not_started") output.push(new TextEncoder().encode(`==> ${heading} <==\n`));
    output.push(last.output);
    if (bad === undefined && (last.end !== "exited" || last.exitCode !== 0)) bad = last;
    if (last.end === "timed_out" || last.end === "stopped") break;
  }
  const result = bad ?? last ?? notStarted("there is nothing to run");
  // What has run has a file, though a later one could not be started.
  const kept = output.take();
  const end = result.end === "not_started" && kept.length > 0 ? "exited" : result.end;
  return { ...result, end, output: kept, truncated: output.overflowed };
}

function judge(
  { end, exitCode, truncated, errorText }: ChildResult,
  { timeoutMs, maxBytes, keep }: Action,
): Pick<ActionOutcome, "status" | "reason"> {
  switch (end) {
    case "not_started":
      return { status: "failed", reason: errorText };
    case "timed_out":
      return { status: "timed_out", reason: `killed after ${timeoutMs} ms` };
    case "stopped":
      return { status: "timed_out", reason: "aod is stopping" };
    case "full":
    case "exited":
      if (truncated)
        return { status: "truncated", reason: `the ${keep === "head" ? "first" : "last"} ${maxBytes} bytes` };
      if (exitCode === 0) return { status: "ok", reason: undefined };
      return {
        status: "failed",
        reason: errorText.trim().split("\n")[0] || `exit code ${exitCode ?? "none"}`,
      };
  }
}
