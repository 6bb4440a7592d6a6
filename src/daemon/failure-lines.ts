// The text of a failure for standard error. A failure may contain what the user typed and names of files and servers,
// so all control characters are escaped. Pure.

import { escapeControls } from "../model/escape.ts";
import type { Failure } from "../model/failure.ts";

/**
 * One sentence; below it the choices of the user, the log of the kernel's verifier, and for a BUG the stack. Control
 * characters are escaped.
 */
export function failureLines({ code, message, causes, context, stack }: Failure): readonly string[] {
  const why = causes.filter((cause) => !isContained(message, cause));
  const { verifier, choices } = context;
  const chosen = typeof choices === "string" ? choices.replace(/^/gm, "  ") : "";
  const below = [chosen, typeof verifier === "string" ? verifier : "", code === "BUG" ? (stack ?? "") : ""];
  return [
    escapeControls(`aod: ${[message, ...why].join(": ")}`),
    ...below.flatMap((text) => (text === "" ? [] : text.split("\n").map(escapeControls))),
  ];
}

/** Whether a message contains a cause literally, or the errno with which the error of a system call begins. */
function isContained(message: string, cause: string): boolean {
  const errno = /^E[A-Z0-9]+(?=: )/.exec(cause)?.[0];
  return message.includes(cause) || (errno !== undefined && message.split(/\W+/).includes(errno));
}
