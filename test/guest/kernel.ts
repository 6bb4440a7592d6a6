// Differences between kernels: what the scenarios expect of the kernel in which they run, by its release.

import { release } from "node:os";

const [MAJOR = 0, MINOR = 0] = release().split(/[.-]/).map(Number);

function isFrom(major: number, minor: number): boolean {
  return MAJOR > major || (MAJOR === major && MINOR >= minor);
}

/** The BPF object that it takes: atomic instructions came with 5.12. */
export const BPF_BUILD = isFrom(5, 12) ? "atomic" : "plain";

/** The line of `aod doctor` about the programs there, as a regular expression. */
export const BPF_FINDING =
  BPF_BUILD === "atomic"
    ? "ok +BPF programs +loaded and verified"
    : "!! +BPF programs +only the plain build loads: .*";

/** Optional tracepoints that cifs has here. */
export const OPTIONAL_HOOKS: readonly string[] = [
  ...["smb3_enter", "smb3_exit_done", "smb3_exit_err"],
  ...["smb3_reconnect", "smb3_partial_send_reconnect", "smb3_reconnect_with_invalid_credits"],
  ...["smb3_ses_expired", "smb3_credit_timeout", "smb3_tcon"],
  ...(isFrom(6, 1) ? ["smb3_connect_err", "smb3_insufficient_credits", "smb3_overflow_credits"] : []),
];

/** Whether DebugData lists requests in flight on further channels of a session. */
export const LISTS_CHANNELS = isFrom(6, 1);

/** The required tracepoints. */
export const REQUEST_HOOKS: readonly string[] = ["smb3_cmd_enter", "smb3_cmd_done", "smb3_cmd_err"];
