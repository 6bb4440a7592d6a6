// The kernel functions in which tasks wait, and which of them mean that a task waits for an SMB server. Pure: texts of
// /proc in, a name or a judgement out.
//
// On x86 before 5.16, /proc/TASK/wchan is 0 for every task: it was found by frame pointers, which distributions build
// without ("x86: Fix get_wchan() to support the ORC unwinder"; seen on 5.10.262, not on 6.1). There the function is
// read from the stack, which takes CAP_SYS_ADMIN; without it only the scheduler's state is left.

import type { Block, TaskWait } from "../model/cifs.ts";

/**
 * Where cifs makes a task wait for a reply, for credits or for a connection: fs/smb/client/transport.c, smb2ops.c and
 * smb2pdu.c, 5.10 to 6.18. wait_for_response and wait_for_compound_request are static: if a compiler inlines them,
 * their callers show.
 */
const REPLY_WAITS: ReadonlySet<string> = new Set([
  "wait_for_response",
  "compound_send_recv",
  "cifs_send_recv",
  "wait_for_free_credits",
  "wait_for_compound_request",
  "smb2_wait_mtu_credits",
  "smb2_reconnect",
  "cifs_wait_for_server_reconnect",
]);

/**
 * Where a task waits for READ and WRITE requests that other threads complete: the page cache, direct I/O before netfs
 * took it over (6.10), netfs. They show that I/O is in progress, not that it goes to an SMB server.
 */
const IO_WAITS: ReadonlySet<string> = new Set([
  "folio_wait_bit_common",
  "folio_wait_bit",
  "folio_wait_writeback",
  "wait_on_page_bit_common",
  "wait_on_page_bit",
  "wait_on_page_writeback",
  "__cifs_readv",
  "__cifs_writev",
  "collect_uncached_read_data",
]);

/** RUNS: the task has a CPU or waits for one. UNNAMED_SLEEP, by state: it sleeps, and its function is unknown. */
export const RUNS = "0";
export const UNNAMED_SLEEP = { D: "(D)", S: "(S)" } as const;

/** The innermost function of a stack in /proc, which leaves out the scheduler's own; undefined if there is none. */
export function innermostFunction(stack: string): string | undefined {
  return /^\[<\w+>\] ([\w.]+)\+/.exec(stack)?.[1];
}

/** The reason why a task waits. @param wchan the result of readWchan, undefined for a task that has exited. */
export function judgeWchan(wchan: string | undefined): TaskWait {
  if (wchan === undefined) return "gone";
  if (wchan === UNNAMED_SLEEP.D) return "asleep";
  // An interruptible sleep: most tasks sleep like that, and so do some waits of cifs.
  if (wchan === UNNAMED_SLEEP.S) return "running";
  // Copies of a function that the compiler made have a suffix: "wait_for_free_credits.constprop.0".
  const name = wchan.trim().split(".")[0] ?? "";
  if (name === RUNS || name === "") return "running";
  if (REPLY_WAITS.has(name)) return "reply";
  return IO_WAITS.has(name) || name.startsWith("netfs_") ? "io" : "other";
}

/**
 * Waits that a program or an operator ends: for a child that was started by vfork, in a paused container, under a
 * debugger, for the core dump of another thread.
 */
const BY_DESIGN: ReadonlySet<string> = new Set([
  "wait_for_vfork_done",
  "kernel_clone",
  "_do_fork",
  "__refrigerator",
  "do_freezer_trap",
  "ptrace_stop",
  "coredump_wait",
  "do_exit",
]);

/**
 * Functions of other file systems and of disks. A task may have left cifs without a report and wait in one of these;
 * only a stack shows it for certain.
 */
const ELSEWHERE =
  /^(jbd2|ext4|xfs|xlog|btrfs|nfs|rpc|fuse|request_wait_answer|f2fs|ocfs2|gfs2|ceph|zfs|cv_wait|dm_|md_|blk_|submit_bio|wait_on_buffer|__wait_on_buffer|io_schedule)/;

/**
 * The uninterruptible sleep of a task that has entered cifs and does not wait for a server; undefined for any other
 * task.
 * @param status the text of /proc/TASK/status.
 * @param wchan the result of readWchan.
 * @param stack the text of /proc/TASK/stack; undefined or "refused" if it can't be read.
 */
export function blockOf(
  status: string,
  wchan: string | undefined,
  stack: string | undefined,
): Block | undefined {
  if (/^State:\t(\w)/m.exec(status)?.[1] !== "D" || wchan === undefined) return undefined;
  const place = wchan.trim().split(".")[0] ?? "";
  if (BY_DESIGN.has(place) || isOutside(place, stack)) return undefined;
  const switches = [...status.matchAll(/^(?:non)?voluntary_ctxt_switches:\t(\d+)$/gm)];
  return { place, switches: switches.reduce((sum, [, count]) => sum + Number(count), 0) };
}

/**
 * Whether a task waits outside cifs. A stack names the module of each function, unless cifs is built into the kernel.
 */
function isOutside(place: string, stack: string | undefined): boolean {
  if (stack?.includes("[cifs]") === true) return false;
  const namesModules = stack !== undefined && /\+0x\w+\/0x\w+ \[\w+\]$/m.test(stack);
  return namesModules || ELSEWHERE.test(place);
}
