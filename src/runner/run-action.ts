// One action from its name to its outcome. In: the row of the table, the order and the machine; out: an outcome of one
// shape and the bytes for the capture. Whatever goes wrong is an outcome: no action stops a capture.

import { isUtf8 } from "node:buffer";
import type { ActionOutcome, CaptureOrder, FrozenMemory } from "../model/capture.ts";
import type { Action, Host, LookAction, ProgramAction } from "./actions.ts";
import type { Baselines } from "./baselines.ts";
import type { ChildResult, Children } from "./child.ts";
import { findProgram } from "./program.ts";

export interface Collected {
  readonly outcome: ActionOutcome;
  readonly content: Uint8Array;
}

export interface ActionContext {
  readonly order: CaptureOrder;
  readonly frozen: FrozenMemory;
  readonly host: Host;
  readonly children: Children;
  readonly baselines: Pick<Baselines, "before">;
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
  if (action === undefined) return missing(name, "there is no such action");
  return "look" in action ? look(name, action, context) : runProgram(name, action, context);
}

// --- internal ---

function look(name: string, { look, maxBytes }: LookAction, { order, frozen }: ActionContext): Collected {
  const begunMs = performance.now();
  let whole: Uint8Array;
  try {
    whole = new TextEncoder().encode(look(order, frozen));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return nothing(name, { status: "failed", reason, exitCode: undefined, durationMs: 0 });
  }
  const isCut = whole.length > maxBytes;
  const judged = isCut
    ? ({ status: "truncated", reason: `the first ${maxBytes} bytes` } as const)
    : ({ status: "ok", reason: undefined } as const);
  const durationMs = Math.round(performance.now() - begunMs);
  const content = isCut ? textOf(whole.subarray(0, maxBytes)) : whole;
  return collected(name, content, { ...judged, exitCode: undefined, durationMs });
}

async function runProgram(name: string, action: ProgramAction, context: ActionContext): Promise<Collected> {
  const plan = action.plan(context.order, context.host);
  if ("missing" in plan) return missing(name, plan.missing);
  const program = findProgram(action.program);
  if (program === undefined) return missing(name, `${action.program} is not installed`);

  const begunMs = performance.now();
  const first = await context.children.run([program, ...plan.args], action, context.stop);
  const result = await withSecond(first, action, context);
  const durationMs = Math.round(performance.now() - begunMs);
  const ended = { ...judge(result, action), exitCode: result.exitCode, durationMs };
  if (result.end === "not_started") return nothing(name, ended);
  return collected(name, contentOf(name, action, result.output, context), ended, action.suffix);
}

function contentOf(
  name: string,
  { show, suffix }: ProgramAction,
  output: Uint8Array,
  { order, baselines }: ActionContext,
): Uint8Array {
  if (suffix !== undefined) return output;
  if (show === undefined) return textOf(output);
  const baseline = baselines.before(name, order.triggeredNs);
  return new TextEncoder().encode(show(new TextDecoder().decode(output), order, baseline));
}

/** What the second program prints goes behind what the first did; how it ends is nobody's concern. */
async function withSecond(
  first: ChildResult,
  { also, ...limits }: ProgramAction,
  { children, stop }: ActionContext,
): Promise<ChildResult> {
  const program = also && findProgram(also.program);
  if (also === undefined || program === undefined || first.end !== "exited") return first;
  const { output } = await children.run([program, ...also.args], limits, stop);
  const label = `${[also.program, ...also.args].join(" ")}:`;
  return { ...first, output: Buffer.concat([first.output, Buffer.from(label), output]) };
}

type Ended = Pick<ActionOutcome, "status" | "reason" | "exitCode" | "durationMs">;

function collected(name: string, content: Uint8Array, ended: Ended, suffix = ".log"): Collected {
  const sha256 = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  const file = `actions/${name}${suffix}`;
  return { content, outcome: { name, file, ...ended, bytes: content.length, sha256 } };
}

/** Without a file. */
function nothing(name: string, ended: Ended): Collected {
  const outcome = { name, file: undefined, ...ended, bytes: 0, sha256: undefined };
  return { content: new Uint8Array(0), outcome };
}

/** As UTF-8, whatever was printed: bytes that are none become U+FFFD. */
function textOf(bytes: Uint8Array): Uint8Array {
  if (isUtf8(bytes)) return bytes;
  return new TextEncoder().encode(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
}

function judge(
  { end, exitCode, truncated, errorText }: ChildResult,
  { timeoutMs, maxBytes, keep, runsToDeadline }: ProgramAction,
): Pick<ActionOutcome, "status" | "reason"> {
  switch (end) {
    case "not_started":
      return { status: "failed", reason: errorText };
    case "timed_out":
      if (runsToDeadline) return { status: "ok", reason: undefined };
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
        // Of one that was to go on, the last word: what it says first is what it began with.
        reason:
          errorText
            .trim()
            .split("\n")
            .at(runsToDeadline ? -1 : 0) || `exit code ${exitCode ?? "none"}`,
      };
  }
}

function missing(name: string, reason: string): Collected {
  return nothing(name, { status: "missing", reason, exitCode: undefined, durationMs: 0 });
}
