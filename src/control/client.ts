// Asks a running aod a question. Every answer is checked against the schema: the process that answers may be another
// version of aod, or another program. Throws AodError if there is no answer: NO_DAEMON, NOT_PERMITTED, or the error of
// the daemon. A stuck daemon times out: the kernel accepts connections on its behalf, so a successful connect proves
// nothing.

import * as v from "valibot";
import {
  type Answer,
  type AnswerOf,
  answerSchema,
  PROTOCOL_VERSION,
  type Question,
} from "../api/protocol.ts";
import { AodError, type FailureCode } from "../model/failure.ts";
import { durationText } from "../model/figure.ts";
import { Inbox } from "./inbox.ts";

/** A question without the version of the protocol, which is added. */
export type Ask = Question extends infer One ? (One extends Question ? Omit<One, "version"> : never) : never;

export interface AskOptions {
  /** ms; the default is what a daemon on a host in trouble may take. */
  readonly answerWithinMs?: number;
  /** Ends the question, also while the client waits for an answer. */
  readonly signal?: AbortSignal;
}

const ANSWER_WITHIN_MS = 10_000;

const FAILURES: Readonly<Record<AnswerOf<"error">["code"], FailureCode>> = {
  USAGE: "USAGE",
  VERSION: "NO_DAEMON",
  NOT_PERMITTED: "NOT_PERMITTED",
  BUSY: "NO_DAEMON",
  CONFIG_INVALID: "CONFIG_INVALID",
  CAPTURE_FAILED: "CAPTURE_WRITE",
  BUG: "BUG",
};

/**
 * Yields every answer to a question, until the daemon ends the connection or the caller stops: by leaving the loop, or
 * by the signal. Throws NO_DAEMON if the first answer does not arrive in time. A capture may take longer: the client
 * waits for it as long as the daemon answers other questions.
 */
export async function* ask(
  path: string,
  question: Ask,
  options: AskOptions = {},
): AsyncGenerator<Answer, void, void> {
  const { answerWithinMs = ANSWER_WITHIN_MS, signal } = options;
  const isCapture = question.ask === "snapshot";
  const { inbox, socket } = await send(path, question);
  const stop = () => inbox.end();
  signal?.addEventListener("abort", stop);
  // It may have been aborted while the connection was made.
  if (signal?.aborted) stop();
  try {
    for (let isFirst = true; ; isFirst = false) {
      while ((isFirst || isCapture) && !(await inbox.hasNews(answerWithinMs)))
        if (!isCapture || !(await isAwake(path, answerWithinMs))) throw silent(path, answerWithinMs);
      const line = await inbox.next();
      if (line === undefined) return;
      yield readAnswer(line);
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    socket.end();
  }
}

/** The one answer to a question that has one. */
export async function askOnce<Type extends Answer["type"]>(
  path: string,
  question: Ask,
  type: Type,
  options: AskOptions = {},
): Promise<AnswerOf<Type>> {
  for await (const answer of ask(path, question, options))
    if (answer.type === type) return answer as AnswerOf<Type>;
  throw gone("before it answered");
}

/** Whether a process serves this socket; asks nothing. Throws NOT_PERMITTED if aod may not connect to it. */
export async function isServed(path: string): Promise<boolean> {
  try {
    (await connect(path, new Inbox())).end();
    return true;
  } catch (thrown) {
    if (thrown instanceof AodError && thrown.code === "NO_DAEMON") return false;
    throw thrown;
  }
}

/** The daemon ended the connection. @param when it did so, for the message: `before it answered`. */
export function gone(when: string): AodError {
  return new AodError("NO_DAEMON", `aod has ended ${when} (see systemctl status aod)`);
}

// --- internal ---

async function send(path: string, question: Ask) {
  const inbox = new Inbox();
  const socket = await connect(path, inbox);
  socket.write(`${JSON.stringify({ version: PROTOCOL_VERSION, ...question })}\n`);
  return { inbox, socket };
}

/** Whether the daemon answers a question that takes no time. An error counts as well: `BUSY`, for example. */
async function isAwake(path: string, withinMs: number): Promise<boolean> {
  const { inbox, socket } = await send(path, { ask: "incidents" });
  try {
    return await inbox.hasNews(withinMs);
  } finally {
    socket.end();
  }
}

async function connect(path: string, inbox: Inbox) {
  try {
    return await Bun.connect({
      unix: path,
      socket: {
        data: (_, bytes) => inbox.take(bytes),
        close: () => inbox.end(),
        end: () => inbox.end(),
        error: () => inbox.end(),
      },
    });
  } catch (error) {
    throw noDaemon(path, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

function noDaemon(path: string, code: string): AodError {
  if (code === "EACCES" || code === "EPERM")
    return new AodError(
      "NOT_PERMITTED",
      `cannot ask aod at ${path}: permission denied (${code}; run as root)`,
    );
  // No process serves the path, or the one that did has ended.
  if (code === "ENOENT" || code === "ECONNREFUSED")
    return new AodError("NO_DAEMON", "aod is not running; start it: systemctl enable --now aod", {
      path,
      code,
    });
  return new AodError("NO_DAEMON", `no aod answers at ${path}: ${code} (see systemctl status aod)`);
}

function silent(path: string, ms: number): AodError {
  return new AodError(
    "NO_DAEMON",
    `no answer from ${path} within ${durationText(ms)} (see journalctl -u aod)`,
  );
}

function readAnswer(line: string): Answer {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new AodError("NO_DAEMON", "the process that answers does not speak the protocol of aod", {}, cause);
  }
  const parsed = v.safeParse(answerSchema, value);
  if (!parsed.success) throw otherVersion(value, v.getDotPath(parsed.issues[0]));
  const answer = parsed.output;
  if (answer.type === "error") throw new AodError(FAILURES[answer.code], answer.message);
  return answer;
}

function otherVersion(value: unknown, where: string | null): AodError {
  const version = (value as { version?: unknown } | null)?.version;
  const why =
    version === PROTOCOL_VERSION ? `its answer has an unknown form (${where})` : "it is a different version";
  return new AodError(
    "NO_DAEMON",
    `cannot understand the running aod: ${why} (if it was upgraded, restart it)`,
  );
}
