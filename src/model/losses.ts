// The counters that stand for evidence that aod did not see or processes that it could not end, with their
// descriptions. One table: the log, the manifest and later status show the same names.

import type { Losses } from "./capture.ts";

/** By counter name: what was lost, and what to do about it. */
export const LOSS_CAUSES: Readonly<Record<string, string>> = {
  enter_contended: "requests not recorded: their set of the request table was being written at each try",
  reply_contended: "replies dropped: their line was being written at each try",
  ring_full:
    "slow or failed requests not sent to the detector: it is behind, or a threshold is too low for this load",
  forgotten:
    "reads and writes in flight without a line, too many to tell apart: until they end, others are ambiguous and not measured",
  unknown_command: "requests of a command outside MS-SMB2 2.2.1.2",
  operations_displaced:
    "operations in cifs that are not followed any more: more tasks at once than there is room for",
  operations_contended: "operations in cifs not recorded: their set was being written at each try",
  missed_runs: "events that the kernel left out because the program was already running on that CPU",
  unfollowed: "open requests that lost their line and could not be followed: too many at once",
  client_lists_late:
    "readings of the SMB client's own lists that did not come back in time: shares may be unknown and hangs unconfirmed",
  kernel_log_overwritten:
    "times that lines of the kernel log were overwritten before aod read them: signals of the log may be missing",
  abandoned_children:
    "programs of actions and of notify that could not be killed in time and were abandoned: what they touch hangs",
  unstarted_children:
    "programs of actions and of notify that could not be started: too few processes, files or too little memory",
  no_descriptors:
    "steps left out or tried again because aod had no file descriptor left (EMFILE): LimitNOFILE of the service",
  no_host_files:
    "steps left out or tried again because the host had no file left to open (ENFILE): fs.file-max",
  no_memory: "steps left out or tried again because there was no memory (ENOMEM)",
  no_processes:
    "programs and threads not started because there was no process left (EAGAIN): TasksMax of the service, kernel.pid_max",
  samples_timed_out:
    "samples of counters that took too long: later captures compare with an older one, or with none",
  samples_too_big:
    "samples of counters that were too big to be stored: later captures compare with an older one, or with none",
  samples_failed:
    "samples of counters that could not be read: later captures compare with an older one, or with none",
};

/** The counts of all causes; a cause that never happened has 0. */
export function lossesByCause(losses: Losses): Record<string, number> {
  return Object.fromEntries(Object.keys(LOSS_CAUSES).map((cause) => [cause, losses[cause] ?? 0]));
}

/** The losses that have grown since an earlier reading, by cause. */
export function grownLosses(
  before: Losses,
  now: Losses,
): readonly { readonly cause: string; readonly count: number }[] {
  return Object.keys(LOSS_CAUSES).flatMap((cause) => {
    const count = (now[cause] ?? 0) - (before[cause] ?? 0);
    return count > 0 ? [{ cause, count }] : [];
  });
}
