// A failure in words, for standard error. In: a failure, which holds what was typed and names of files and servers; out: lines that no
// terminal obeys. Pure.

import { escapeControls } from "../model/escape.ts";
import type { Failure } from "../model/failure.ts";

/**
 * One sentence; below it the choices that a user has, what the kernel's verifier printed, and for a BUG the stack. No terminal
 * obeys any of it.
 */
export function failureLines({ code, message, causes, context, stack }: Failure): readonly string[] {
  const why = causes.filter((cause) => !isSaid(message, cause));
  const { verifier, choices } = context;
  const chosen = typeof choices === "string" ? choices.replace(/^/gm, "  ") : "";
  const below = [chosen, typeof verifier === "string" ? verifier : "", code === "BUG" ? (stack ?? "") : ""];
  return [
    escapeControls(`aod: ${[message, ...why].join(": ")}`),
    ...below.flatMap((text) => (text === "" ? [] : text.split("\n").map(escapeControls))),
  ];
}

/** Word for word, or by the errno that a system call's error begins with. */
function isSaid(message: string, cause: string): boolean {
  const errno = /^E[A-Z0-9]+(?=: )/.exec(cause)?.[0];
  return message.includes(cause) || (errno !== undefined && message.split(/\W+/).includes(errno));
}
