// A failed system call on a file, as the failure that a command ends with: one form for every file that a user names.
// Texts are not escaped here: the code that prints them does that.

import { AodError, type FailureCode } from "./failure.ts";

interface FileFailureOptions {
  /** For every errno that is not about permission. */
  readonly code?: FailureCode;
  /** What to do about an errno, by its name. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** For `hints`, where root could do it. */
export const ROOT_CAN: Readonly<Record<string, string>> = { EACCES: "run as root", EPERM: "run as root" };

/** errno(3), of what files meet. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBUSY: "it is in use",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it exists already",
  EFBIG: "the file is too large",
  EINVAL: "invalid argument",
  EIO: "input/output error",
  EISDIR: "it is a folder",
  ELOOP: "it is a symbolic link",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "too many open files on this host",
  ENODEV: "no such device",
  ENOENT: "it does not exist",
  ENOMEM: "out of memory",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "a part of the path is not a folder",
  ENXIO: "no such device or address",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ESTALE: "stale file handle",
};

/**
 * NOT_PERMITTED for EACCES and EPERM; OUTPUT_UNUSABLE for all others, a full disk (ENOSPC) included, unless a code is
 * given. It has no cause: an errno says all that there is, and is in the context too.
 * @param doing what was being done, and to what: `write /srv/x`. The message is `cannot write /srv/x: no space left on
 * the disk (ENOSPC)`.
 */
export function fileFailure(
  doing: string,
  errno: string,
  { code = "OUTPUT_UNUSABLE", hints = {} }: FileFailureOptions = {},
): AodError {
  const isForbidden = errno === "EACCES" || errno === "EPERM";
  const hint = Object.hasOwn(hints, errno) ? `; ${hints[errno]}` : "";
  const why = Object.hasOwn(WORDS, errno) ? `${WORDS[errno]} (${errno}${hint})` : `${errno}${hint}`;
  return new AodError(isForbidden ? "NOT_PERMITTED" : code, `cannot ${doing}: ${why}`, { errno });
}

/**
 * The errno's name of what a system call threw. Throws anything else again: it is no outcome, but a mistake of ours.
 */
export function errnoOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  // Node's own begin with ERR_; UNKNOWN is what it makes of a number that it has no name for.
  if (typeof code === "string" && /^(E(?!RR_)[A-Z0-9]+|UNKNOWN)$/.test(code)) return code;
  throw thrown;
}
