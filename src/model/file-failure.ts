// What a system call on a file ended with, as the failure that a command ends with: the same for all who touch files because
// somebody typed something. In: what was being done, and an errno's name; out: an AodError. Texts are as they came:
// whoever prints them escapes them.

import { AodError, type FailureCode } from "./failure.ts";

interface FileFailureOptions {
  /** For every errno that is not about permission. */
  readonly code?: FailureCode;
  /** What an errno means there, or what to do about it, by its name. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** For `hints`, where somebody with more rights would get on. */
export const ROOT_CAN: Readonly<Record<string, string>> = { EACCES: "root can", EPERM: "root can" };

/**
 * NOT_PERMITTED for EACCES and EPERM; OUTPUT_UNUSABLE for all others, a full disk (ENOSPC) included, unless a code is given.
 * It has no cause: an errno says all that there is, and is in the context too.
 * @param doing what was being done, and to what: `write /srv/x`.
 */
export function fileFailure(
  doing: string,
  errno: string,
  { code = "OUTPUT_UNUSABLE", hints = {} }: FileFailureOptions = {},
): AodError {
  const isForbidden = errno === "EACCES" || errno === "EPERM";
  const hint = Object.hasOwn(hints, errno) ? ` (${hints[errno]})` : "";
  return new AodError(isForbidden ? "NOT_PERMITTED" : code, `${doing}: ${errno}${hint}`, { errno });
}

/** The errno's name of what a system call threw. Throws anything else again: it is no outcome, but a mistake of ours. */
export function errnoOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  // Node's own begin with ERR_; UNKNOWN is what it makes of a number that it has no name for.
  if (typeof code === "string" && /^(E(?!RR_)[A-Z0-9]+|UNKNOWN)$/.test(code)) return code;
  throw thrown;
}
