// /proc/TASK/wchan: the kernel function in which a task waits, and which of them mean that it waits for an SMB server.
// Pure: a name in, a judgement out.

import type { TaskWait } from "../model/cifs.ts";

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

/** Judges the content of wchan; undefined for a task that is no more. */
export function judgeWchan(wchan: string | undefined): TaskWait {
  if (wchan === undefined) return "gone";
  // Copies that the compiler made of a function carry a suffix: "wait_for_free_credits.constprop.0".
  const name = wchan.trim().split(".")[0] ?? "";
  // "0": it runs, or we lack CAP_SYS_PTRACE for it (fs/proc/base.c:proc_pid_wchan).
  if (name === "0" || name === "") return "running";
  if (REPLY_WAITS.has(name)) return "reply";
  return IO_WAITS.has(name) || name.startsWith("netfs_") ? "io" : "other";
}
