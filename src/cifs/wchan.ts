// The kernel function in which a task waits, and which of them mean that it waits for an SMB server. Pure: texts of /proc in,
// a name or a judgement out.
//
// On x86 before 5.16 /proc/TASK/wchan is 0 for every task: it was found by frame pointers, which distributions build without ("x86:
// Fix get_wchan() to support the ORC unwinder"; seen on 5.10.262, and not on 6.1). The stack has the place there, for whoever has
// CAP_SYS_ADMIN; for anybody else is left what the scheduler says.

import type { Block, TaskWait } from "../model/cifs.ts";

/**
 * Where cifs makes a task wait for a reply, for credits or for a connection: fs/smb/client/transport.c, smb2ops.c and
 * smb2pdu.c, 5.10 to 6.18. wait_for_response and wait_for_compound_request are static: where a compiler puts them into
 * their callers, the callers show.
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
 * Where a task waits for READ and WRITE requests that others finish for it: the page cache, direct I/O before netfs
 * took it over (6.10), netfs. They say that I/O is under way, not that it goes to an SMB server.
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

/** RUNS: it has a CPU, or waits for one. The others, by state: it sleeps, and nothing says where. */
export const RUNS = "0";
export const UNNAMED_SLEEP = { D: "(D)", S: "(S)" } as const;

/** The function in which a task sleeps, of its stack in /proc, which leaves out the scheduler's own; undefined of none. */
export function innermostFunction(stack: string): string | undefined {
  return /^\[<\w+>\] ([\w.]+)\+/.exec(stack)?.[1];
}

/** Judges what readWchan gives; undefined for a task that is no more. */
export function judgeWchan(wchan: string | undefined): TaskWait {
  if (wchan === undefined) return "gone";
  if (wchan === UNNAMED_SLEEP.D) return "asleep";
  // Where a signal would wake it: most tasks sleep like that, and some of cifs's waits do.
  if (wchan === UNNAMED_SLEEP.S) return "running";
  // Copies that the compiler made of a function carry a suffix: "wait_for_free_credits.constprop.0".
  const name = wchan.trim().split(".")[0] ?? "";
  if (name === RUNS || name === "") return "running";
  if (REPLY_WAITS.has(name)) return "reply";
  return IO_WAITS.has(name) || name.startsWith("netfs_") ? "io" : "other";
}

/**
 * Waits that end when a program or an operator ends them: a child that was started by vfork, a container that is paused, a debugger,
 * a core dump of another thread.
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
 * Functions of other file systems and of disks. A task may have left cifs without a report and wait for one of these; only a stack
 * tells for sure.
 */
const ELSEWHERE =
  /^(jbd2|ext4|xfs|xlog|btrfs|nfs|rpc|fuse|request_wait_answer|f2fs|ocfs2|gfs2|ceph|zfs|cv_wait|dm_|md_|blk_|submit_bio|wait_on_buffer|__wait_on_buffer|io_schedule)/;

/**
 * The uninterruptible sleep of a task that has entered cifs, where it does not wait for a server; undefined of any other task.
 * @param status of /proc/TASK/status.
 * @param wchan as readWchan gives it.
 * @param stack of /proc/TASK/stack; undefined or "refused" where it can't be read.
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

/** A stack names the module of each function, unless cifs is built into the kernel: then no function has one. */
function isOutside(place: string, stack: string | undefined): boolean {
  if (stack?.includes("[cifs]") === true) return false;
  const namesModules = stack !== undefined && /\+0x\w+\/0x\w+ \[\w+\]$/m.test(stack);
  return namesModules || ELSEWHERE.test(place);
}
