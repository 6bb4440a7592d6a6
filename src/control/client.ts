// Asks a running aod. In: a question; out: its answers, each held against the schema: who answers may be another version, or nobody
// that we know. Throws AodError where there is no answer: NO_DAEMON, NOT_PERMITTED, or what the daemon says.

import * as v from "valibot";
import {
  type Answer,
  type AnswerOf,
  answerSchema,
  PROTOCOL_VERSION,
  type Question,
} from "../api/protocol.ts";
import { AodError, type FailureCode } from "../model/failure.ts";
import { LineBuffer } from "./line-buffer.ts";

/** What is asked; the protocol's version is added. */
export type Ask = Question extends infer One ? (One extends Question ? Omit<One, "version"> : never) : never;

/** An answer is no longer: the biggest, of 100 rows of everything, is a hundredth of it. */
const ANSWER_MAX_BYTES = 16 * 2 ** 20;

const FAILURES: Readonly<Record<AnswerOf<"error">["code"], FailureCode>> = {
  USAGE: "USAGE",
  VERSION: "NO_DAEMON",
  NOT_PERMITTED: "NOT_PERMITTED",
  BUSY: "NO_DAEMON",
  CONFIG_INVALID: "CONFIG_INVALID",
  CAPTURE_FAILED: "CAPTURE_WRITE",
  BUG: "BUG",
};

/** Every answer to a question, as it comes, until the daemon ends the connection or the caller stops asking. */
export async function* ask(path: string, question: Ask): AsyncGenerator<Answer, void, void> {
  const inbox = new Inbox();
  const socket = await connect(path, inbox);
  try {
    socket.write(`${JSON.stringify({ version: PROTOCOL_VERSION, ...question })}\n`);
    for (let line = await inbox.next(); line !== undefined; line = await inbox.next()) yield readAnswer(line);
  } finally {
    socket.end();
  }
}

/** The one answer to a question that has one. */
export async function askOnce<Type extends Answer["type"]>(
  path: string,
  question: Ask,
  type: Type,
): Promise<AnswerOf<Type>> {
  for await (const answer of ask(path, question)) if (answer.type === type) return answer as AnswerOf<Type>;
  throw gone();
}

/** Whether anybody serves this socket; nothing is asked. Throws NOT_PERMITTED where that can't be found out. */
export async function isServed(path: string): Promise<boolean> {
  try {
    (await connect(path, new Inbox())).end();
    return true;
  } catch (thrown) {
    if (thrown instanceof AodError && thrown.code === "NO_DAEMON") return false;
    throw thrown;
  }
}

/** The daemon ended the connection before it had said what it had to say. */
export function gone(): AodError {
  return new AodError("NO_DAEMON", "aod has ended before it answered: systemctl status aod");
}

// --- internal ---

/** Lines as they come, for one reader. */
class Inbox {
  readonly #buffer = new LineBuffer(ANSWER_MAX_BYTES);
  readonly #lines: string[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  take(bytes: Uint8Array): void {
    const lines = this.#buffer.add(bytes);
    if (lines === undefined) this.end();
    else this.#lines.push(...lines);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Undefined at the end. */
  async next(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#ended) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return this.#lines.shift();
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
    return new AodError("NOT_PERMITTED", `ask aod at ${path}: ${code} (only root may: try sudo)`);
  return new AodError(
    "NO_DAEMON",
    `no aod answers at ${path}: ${code} (is it running? systemctl status aod)`,
  );
}

function readAnswer(line: string): Answer {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new AodError("NO_DAEMON", "what answers does not speak aod's protocol", {}, cause);
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
    version === PROTOCOL_VERSION
      ? `its answer is not as this aod knows it (${where})`
      : "it is another version";
  return new AodError(
    "NO_DAEMON",
    `the running aod can't be understood: ${why}; was it upgraded and not restarted?`,
  );
}
