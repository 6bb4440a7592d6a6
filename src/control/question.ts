// Reads a question of the control protocol, which any program may have written: a Question, or the answer that says
// what is wrong with it. Pure.

import * as v from "valibot";
import { type AnswerOf, PROTOCOL_VERSION, type Question, questionSchema } from "../api/protocol.ts";

type ErrorAnswer = AnswerOf<"error">;

export type ParsedQuestion =
  | { readonly question: Question }
  | { readonly question: undefined; readonly answer: ErrorAnswer };

export function readQuestion(line: string): ParsedQuestion {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refused("USAGE", "a question is one JSON object on a line");
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version !== PROTOCOL_VERSION)
    return refused(
      "VERSION",
      `this aod speaks version ${PROTOCOL_VERSION} of the protocol: ask with its own aod`,
    );
  const asks = questionSchema.options.map(({ entries }) => entries.ask.literal);
  if (!asks.some((ask) => ask === (value as { ask?: unknown } | null)?.ask))
    return refused("USAGE", `ask is one of ${asks.join(", ")}`);
  const parsed = v.safeParse(questionSchema, value);
  if (parsed.success) return { question: parsed.output };
  const [issue] = parsed.issues;
  return refused("USAGE", `${v.getDotPath(issue) ?? "the question"}: ${issue.message}`);
}

export function errorAnswer(code: ErrorAnswer["code"], message: string): ErrorAnswer {
  return { version: PROTOCOL_VERSION, type: "error", code, message };
}

function refused(code: ErrorAnswer["code"], message: string): ParsedQuestion {
  return { question: undefined, answer: errorAnswer(code, message) };
}
