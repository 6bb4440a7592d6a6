// One action from its name to its outcome. In: the row of the table, the order and the machine; out: an outcome of one
// shape and the bytes for the capture: UTF-8, and without secrets, for this is the one place that such bytes come from. The text
// with its secrets goes beside them, for the verdict. Whatever goes wrong is an outcome: no action stops a capture.

import type { ActionOutcome, CaptureOrder, FrozenMemory } from "../model/capture.ts";
import type { Scrubber } from "../scrubber/scrubber.ts";
import { wholeLines, wholeWords } from "../scrubber/whole-text.ts";
import type { Action, MemoryAction, ProgramAction } from "./actions.ts";
import type { Baselines } from "./baselines.ts";
import { cutText } from "./byte-shares.ts";
import { CappedBuffer } from "./capped-buffer.ts";
import { type ChildResult, type Children, notStarted } from "./child.ts";
import { describeFailure } from "./comparison.ts";
import type { Host, Plan, Run } from "./plan.ts";
import { findProgram } from "./program.ts";
import { scrubText } from "./scrub-text.ts";
import type { SharedReads } from "./shared-reads.ts";

export interface ActionResult {
  readonly outcome: ActionOutcome;
  readonly content: Uint8Array;
  /** Secrets that were taken out of it. */
  readonly scrubbed: number;
  /** The text behind `content`, secrets included: verdicts read it, and it is never written. Empty for binary content. */
  readonly rawText: string;
}

export interface ActionContext {
  readonly order: CaptureOrder;
  readonly frozen: FrozenMemory;
  readonly host: Host;
  readonly children: Pick<Children, "run">;
  /** Of the capture that the action is part of. */
  readonly reads: SharedReads;
  /** What counters were while all was well. */
  readonly baselines: Pick<Baselines, "before" | "failedBefore">;
  /** With aod's own rules and those of the configuration. */
  readonly scrubber: Scrubber;
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
): Promise<ActionResult> {
  if (action === undefined) return notRun(name, "there is no such action");
  return "look" in action ? look(name, action, context) : runProgram(name, action, context);
}

/** The outcome of an action that nothing was started for. */
export function notRun(name: string, reason: string): ActionResult {
  return nothing(name, { status: "missing", reason, exitCode: undefined, durationMs: 0 });
}

/** The same with no more bytes than it may have, and why. */
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
  return collected(outcome.name, kept, ended, { scrubbed, rawText, suffix });
}

// --- internal ---

async function look(
  name: string,
  { look, maxBytes }: MemoryAction,
  context: ActionContext,
): Promise<ActionResult> {
  const { order, frozen } = context;
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
  const text = textOf(whole.subarray(0, maxBytes), isCut, "head");
  const durationMs = Math.round(performance.now() - begunMs);
  return collectedText(name, text, { ...judged, exitCode: undefined, durationMs }, context);
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
  if (result.end === "not_started") return nothing(name, ended);
  const { show, suffix, keep } = action;
  if (suffix !== undefined)
    return collected(name, result.output, ended, { scrubbed: 0, rawText: "", suffix });
  const isKilled = result.end === "timed_out" || result.end === "stopped";
  const whole = textOf(result.output, result.truncated, keep);
  // Programs print in blocks: one that was killed may have ended in the middle of a word.
  const text = isKilled && !whole.endsWith("\n") ? wholeWords(whole) : whole;
  const shown = show === undefined ? text : show(text, order, baselines.before(name, order.triggeredNs));
  const failed = baselines.failedBefore(name, order.triggeredNs);
  const said = failed === undefined ? "" : describeFailure(failed, order.frozenAt);
  return collectedText(name, said + shown, ended, context);
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

async function collectedText(
  name: string,
  rawText: string,
  ended: Ended,
  { scrubber, stop }: ActionContext,
): Promise<ActionResult> {
  const clean = await scrubText(rawText, scrubber, stop);
  if (clean === undefined) return nothing(name, { ...ended, status: "timed_out", reason: NOT_SEARCHED });
  return collected(name, new TextEncoder().encode(clean.text), ended, { scrubbed: clean.count, rawText });
}

const NOT_SEARCHED = "aod is stopping, and what was printed has not been searched for secrets";

function collected(
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

/** Without a file. */
function nothing(name: string, ended: Ended): ActionResult {
  const outcome = { name, file: undefined, ...ended, bytes: 0, sha256: undefined };
  return { content: new Uint8Array(0), scrubbed: 0, rawText: "", outcome };
}

/** Bytes that are no UTF-8 become U+FFFD; of what was cut, the lines that are whole. */
function textOf(bytes: Uint8Array, isCut: boolean, keep: ProgramAction["keep"]): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return isCut ? wholeLines(text, keep) : text;
}

/** What went well may still lack something. */
function withRemark<Judged extends Pick<ActionOutcome, "reason">>(judged: Judged, plan: Plan): Judged {
  const without = "runs" in plan ? plan.without : undefined;
  return without === undefined || judged.reason !== undefined ? judged : { ...judged, reason: without };
}

/** Output of all, one after the other; how it ended is how the first that did not go well did. */
async function runAll(
  runs: readonly Run[],
  limits: ProgramAction,
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
        // Of one that was to go on, the last word: what it says first is what it began with.
        reason:
          errorText
            .trim()
            .split("\n")
            .at(runsToDeadline ? -1 : 0) || `exit code ${exitCode ?? "none"}`,
      };
  }
}
