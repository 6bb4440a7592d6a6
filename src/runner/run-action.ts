// Runs one action of a capture. The result has the bytes for the capture: UTF-8 without secrets, because this file is
// the only one that makes such bytes. The text before scrubbing goes beside them, for the verdict. Every failure is an
// outcome: no action stops a capture.

import type { ActionOutcome, CaptureOrder, FrozenMemory } from "../model/capture.ts";
import type { Scrubber } from "../scrubber/scrubber.ts";
import { wholeLines, wholeWords } from "../scrubber/whole-text.ts";
import type { Action, MemoryAction, ProgramAction } from "./actions.ts";
import type { Baselines } from "./baselines.ts";
import { cutText } from "./byte-shares.ts";
import { CappedBuffer } from "./capped-buffer.ts";
import { type ChildResult, type Children, notStarted } from "./child.ts";
import { describeFailure } from "./comparison.ts";
import type { DebugDataParser } from "./debug-data-parser.ts";
import type { Host, Plan, Run } from "./plan.ts";
import { findProgram } from "./program.ts";
import { scrubText } from "./scrub-text.ts";
import type { SharedReads } from "./shared-reads.ts";

export interface ActionResult {
  readonly outcome: ActionOutcome;
  /** The bytes of the action's file; empty without a file. */
  readonly content: Uint8Array;
  /** Secrets that were removed from it. */
  readonly scrubbed: number;
  /**
   * The text behind `content`, secrets included: the verdict reads it, and it is never written. Empty for binary
   * content.
   */
  readonly rawText: string;
}

export interface ActionContext {
  readonly order: CaptureOrder;
  readonly frozen: FrozenMemory;
  readonly host: Host;
  readonly children: Pick<Children, "run">;
  /** Shared by the actions of one capture. */
  readonly reads: SharedReads;
  /** Shared by the users of one capture's DebugData. */
  readonly parseDebugData: DebugDataParser;
  /** The counters' last samples before the incident. */
  readonly baselines: Pick<Baselines, "before" | "failedBefore">;
  /** It has aod's own rules and those of the configuration. */
  readonly scrubber: Scrubber;
  /** Ends running programs. */
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
): Promise<ActionResult> {
  if (action === undefined) return notRun(name, "there is no such action");
  return "render" in action ? renderMemory(name, action, context) : runProgram(name, action, context);
}

/** The result of an action that was not started. */
export function notRun(name: string, reason: string): ActionResult {
  return resultWithoutFile(name, { status: "missing", reason, exitCode: undefined, durationMs: 0 });
}

/** The same result with at most `maxBytes` of content. @param why the reason that its outcome gives for the cut. */
export function cutResult(
  whole: ActionResult,
  action: Action | undefined,
  maxBytes: number,
  why: string,
): ActionResult {
  const { outcome, content, scrubbed, rawText } = whole;
  if (content.length <= maxBytes) return whole;
  const { keep = "head", suffix } = action !== undefined && "program" in action ? action : {};
  const kept = suffix === undefined ? cutText(content, maxBytes, keep) : content.subarray(0, maxBytes);
  const reason = [`the ${keep === "head" ? "first" : "last"} ${kept.length} bytes: ${why}`];
  if (outcome.reason !== undefined) reason.push(outcome.reason);
  const ended = { ...outcome, status: "truncated", reason: reason.join("; ") } as const;
  return makeResult(outcome.name, kept, ended, { scrubbed, rawText, suffix });
}

// --- internal ---

async function renderMemory(
  name: string,
  { render, maxBytes }: MemoryAction,
  context: ActionContext,
): Promise<ActionResult> {
  const { order, frozen } = context;
  const begunMs = performance.now();
  let whole: Uint8Array;
  try {
    whole = new TextEncoder().encode(render(order, frozen));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return resultWithoutFile(name, { status: "failed", reason, exitCode: undefined, durationMs: 0 });
  }
  const isCut = whole.length > maxBytes;
  const outcome = isCut
    ? ({ status: "truncated", reason: `the first ${maxBytes} bytes` } as const)
    : ({ status: "ok", reason: undefined } as const);
  const text = textOf(whole.subarray(0, maxBytes), isCut, "head");
  const durationMs = Math.round(performance.now() - begunMs);
  return makeTextResult(name, text, { ...outcome, exitCode: undefined, durationMs }, context);
}

async function runProgram(
  name: string,
  action: ProgramAction,
  context: ActionContext,
): Promise<ActionResult> {
  const { order, host, baselines } = context;
  const plan = action.plan(order, host);
  if ("missing" in plan) return notRun(name, plan.missing);
  const program = findProgram(action.program);
  if (program === undefined) return notRun(name, `${action.program} is not installed`);

  const begunMs = performance.now();
  const result = await runPlan(plan, program, action, context);
  const durationMs = Math.round(performance.now() - begunMs);
  const ended = { ...withRemark(outcomeOf(result, action), plan), exitCode: result.exitCode, durationMs };
  if (result.end === "not_started") return resultWithoutFile(name, ended);
  const { show, suffix, keep } = action;
  if (suffix !== undefined)
    return makeResult(name, result.output, ended, { scrubbed: 0, rawText: "", suffix });
  const isKilled = result.end === "timed_out" || result.end === "stopped";
  const whole = textOf(result.output, result.truncated, keep);
  // Programs print in blocks: the output of a killed program may end in the middle of a word.
  const text = isKilled && !whole.endsWith("\n") ? wholeWords(whole) : whole;
  const baseline = baselines.before(name, order.triggeredNs);
  const shown = show === undefined ? text : show(text, order, baseline, context.parseDebugData);
  const failed = baselines.failedBefore(name, order.triggeredNs);
  const failure = failed === undefined ? "" : describeFailure(failed, order.frozenAt);
  return makeTextResult(name, failure + shown, ended, context);
}

function runPlan(
  plan: Exclude<Plan, { readonly missing: string }>,
  program: string,
  action: ProgramAction,
  context: ActionContext,
): Promise<ChildResult> {
  if ("files" in plan) return context.reads.print(program, plan.files, action);
  if ("runs" in plan) return runAll(plan.runs, action, context);
  const { order, children, stop } = context;
  return children.run([program, ...plan.args], action, stop, action.environment?.(order));
}

type Ended = Pick<ActionOutcome, "status" | "reason" | "exitCode" | "durationMs">;

async function makeTextResult(
  name: string,
  rawText: string,
  ended: Ended,
  { scrubber, stop }: ActionContext,
): Promise<ActionResult> {
  const clean = await scrubText(rawText, scrubber, stop);
  if (clean === undefined)
    return resultWithoutFile(name, { ...ended, status: "timed_out", reason: NOT_SEARCHED });
  return makeResult(name, new TextEncoder().encode(clean.text), ended, { scrubbed: clean.count, rawText });
}

const NOT_SEARCHED = "aod is stopping, and the output has not been searched for secrets";

function makeResult(
  name: string,
  content: Uint8Array,
  ended: Ended,
  {
    suffix = ".log",
    ...rest
  }: Pick<ActionResult, "scrubbed" | "rawText"> & { readonly suffix?: string | undefined },
): ActionResult {
  const sha256 = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  const file = `actions/${name}${suffix}`;
  return { content, ...rest, outcome: { ...ended, name, file, bytes: content.length, sha256 } };
}

function resultWithoutFile(name: string, ended: Ended): ActionResult {
  const outcome = { name, file: undefined, ...ended, bytes: 0, sha256: undefined };
  return { content: new Uint8Array(0), scrubbed: 0, rawText: "", outcome };
}

/** Decodes UTF-8; invalid bytes become U+FFFD. A cut text loses its partial line. */
function textOf(bytes: Uint8Array, isCut: boolean, keep: ProgramAction["keep"]): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return isCut ? wholeLines(text, keep) : text;
}

/** Adds what the plan left out: a successful action may still lack something. */
function withRemark<T extends Pick<ActionOutcome, "reason">>(outcome: T, plan: Plan): T {
  const without = "runs" in plan ? plan.without : undefined;
  return without === undefined || outcome.reason !== undefined ? outcome : { ...outcome, reason: without };
}

/** Runs all, one after the other. The result has the output of all of them, and the end of the first that failed. */
async function runAll(
  runs: readonly Run[],
  limits: ProgramAction,
  { children, stop }: Pick<ActionContext, "children" | "stop">,
): Promise<ChildResult> {
  const begunMs = performance.now();
  const output = new CappedBuffer(limits.maxBytes, limits.keep);
  let failed: ChildResult | undefined;
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
    if (failed === undefined && (last.end !== "exited" || last.exitCode !== 0)) failed = last;
    if (last.end === "timed_out" || last.end === "stopped") break;
  }
  const result = failed ?? last ?? notStarted("there is nothing to run");
  // If any of them has run, the action has a file, even if another one could not be started.
  const kept = output.take();
  const end = result.end === "not_started" && kept.length > 0 ? "exited" : result.end;
  return { ...result, end, output: kept, truncated: output.overflowed };
}

function outcomeOf(
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
        // A program that runs to its deadline prints how it began first, and its error last.
        reason:
          errorText
            .trim()
            .split("\n")
            .at(runsToDeadline ? -1 : 0) || `exit code ${exitCode ?? "none"}`,
      };
  }
}
