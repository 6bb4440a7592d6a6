// Which operations that fail without a request count as errors. The client answers by itself for two reasons: it can't
// reach or log on to the server, which is trouble, or it knows the answer without asking, which happens to programs all
// day. Pure.

import { ERRNO } from "./errno.ts";
import type { ErrorRule } from "./rule.ts";

/**
 * `failure`: trouble. `everyday`: counts only for a rule that names the errno. `step`: the operation was interrupted or
 * will be repeated; it never counts.
 */
export type OperationFailureClass = "failure" | "everyday" | "step";

/** The errnos of a killed or interrupted task, and of a path walk that the kernel repeats. */
const STEPS: ReadonlySet<number> = new Set([ERRNO.EINTR, ERRNO.ECHILD, ERRNO.ERESTART, ERRNO.ECANCELED]);

/** The kernel's own numbers, ERESTARTSYS 512 to EIOCBRETRY 530, are all recorded as 255: include/linux/errno.h. */
const INTERNAL = 255;

/**
 * Errnos that the client returns from what it knows: names (check_name), ioctls that it lacks (ENOTTY of isatty),
 * extended attributes, ranges to be copied or allocated, locks, open modes, changed inodes; fs/smb/client 5.10 to 6.18.
 */
const EVERYDAY: ReadonlySet<number> = new Set([
  ...[ERRNO.EPERM, ERRNO.ENOENT, ERRNO.ENXIO, ERRNO.E2BIG, ERRNO.EBADF, ERRNO.EACCES, ERRNO.EFAULT],
  ...[ERRNO.EBUSY, ERRNO.EEXIST, ERRNO.EXDEV, ERRNO.ENODEV, ERRNO.ENOTDIR, ERRNO.EISDIR, ERRNO.EINVAL],
  ...[ERRNO.ENOTTY, ERRNO.ETXTBSY, ERRNO.EFBIG, ERRNO.ESPIPE, ERRNO.EROFS, ERRNO.EMLINK, ERRNO.ERANGE],
  ...[ERRNO.ENAMETOOLONG, ERRNO.ENOLCK, ERRNO.ENOSYS, ERRNO.ENOTEMPTY, ERRNO.ELOOP, ERRNO.ENODATA],
  ...[ERRNO.EREMOTE, ERRNO.EOVERFLOW, ERRNO.EILSEQ, ERRNO.EOPNOTSUPP, ERRNO.ESTALE, ERRNO.EDEADLK],
]);

/**
 * EAGAIN has two meanings: another program holds the lock, which the client knows in microseconds, or the session can't
 * be re-established, which takes at least a round trip or a wait. Shorter operations are everyday.
 */
const EAGAIN_TROUBLE_NS = 10e6;

/**
 * @param errno positive, up to 255.
 * @param latencyNs from the enter of the operation to its exit.
 */
export function classifyOperationFailure(errno: number, latencyNs: number): OperationFailureClass {
  if (errno === INTERNAL || STEPS.has(errno)) return "step";
  if (errno === ERRNO.EAGAIN) return latencyNs >= EAGAIN_TROUBLE_NS ? "failure" : "everyday";
  return EVERYDAY.has(errno) ? "everyday" : "failure";
}

/**
 * Whether a failed operation counts for a rule. It has no command, so rules for some commands ignore it, and no reply,
 * so it is no part of a percentage of all replies.
 */
export function countsOperation(
  rule: Pick<ErrorRule, "commands" | "counts" | "named" | "rate">,
  errno: number,
  latencyNs: number,
): boolean {
  if (rule.rate !== undefined || rule.counts[errno] !== true || rule.commands.includes(false)) return false;
  const failureClass = classifyOperationFailure(errno, latencyNs);
  return failureClass === "failure" || (failureClass === "everyday" && rule.named[errno] === true);
}
