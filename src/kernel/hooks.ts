// The tracepoints of cifs.ko that the programs are attached to, as a table, and attaching them. In: a loaded object;
// out: which are attached and which this kernel lacks. When to attach is the supervisor's to decide.

import { errnoName } from "../model/errno.ts";
import { exhaustionNamed } from "../model/exhaustion.ts";
import { AodError } from "../model/failure.ts";
import { closeFd } from "../system/eventfd.ts";
import { cString, libbpf } from "./libbpf.ts";
import type { BpfObject, ProgramName } from "./object.ts";

export interface Hook {
  readonly tracepoint: string;
  readonly program: ProgramName;
  /** Without those of requests nothing works; the others only lower what is seen. */
  readonly level: HookLevel;
}

/** What a tracepoint is for: requests, what waits before there is one, trouble of connections. */
export type HookLevel = "request" | "operation" | "signal";

/**
 * In the order of attaching: what ends before what begins, so that no request is opened whose reply nobody would
 * see; detached in the reverse order. A tracepoint of two rows is known in two forms, that of the second with fewer arguments: the first
 * row that the kernel takes is the one.
 */
export const HOOKS: readonly Hook[] = [
  { tracepoint: "smb3_cmd_done", program: "on_cmd_done", level: "request" },
  { tracepoint: "smb3_cmd_err", program: "on_cmd_err", level: "request" },
  { tracepoint: "smb3_cmd_enter", program: "on_cmd_enter", level: "request" },
  { tracepoint: "smb3_exit_done", program: "on_exit_done", level: "operation" },
  { tracepoint: "smb3_exit_err", program: "on_exit_err", level: "operation" },
  { tracepoint: "smb3_enter", program: "on_enter", level: "operation" },
  ...signal("smb3_reconnect", "on_reconnect", "on_reconnect_unnamed"),
  ...signal("smb3_partial_send_reconnect", "on_partial_send_reconnect", "on_partial_send_reconnect_unnamed"),
  ...signal("smb3_ses_expired", "on_ses_expired"),
  ...signal("smb3_credit_timeout", "on_credit_timeout", "on_credit_timeout_unnamed"),
  ...signal(
    "smb3_reconnect_with_invalid_credits",
    "on_reconnect_invalid_credits",
    "on_reconnect_invalid_credits_unnamed",
  ),
  ...signal("smb3_connect_err", "on_connect_err"),
  ...signal("smb3_insufficient_credits", "on_insufficient_credits", "on_insufficient_credits_unnamed"),
  ...signal("smb3_overflow_credits", "on_overflow_credits", "on_overflow_credits_unnamed"),
  ...signal("smb3_ses_not_found", "on_ses_not_found"),
  ...signal("smb3_key_expired", "on_key_expired"),
  ...signal("smb3_tcon", "on_tcon"),
];

function signal(tracepoint: string, ...programs: readonly ProgramName[]): readonly Hook[] {
  return programs.map((program) => ({ tracepoint, program, level: "signal" }));
}

const ENOENT = 2;

export interface Attachment {
  /** Tracepoints that this kernel does not have, or has with other arguments, and why. */
  readonly missing: readonly { readonly tracepoint: string; readonly reason: string }[];
  /** How many tracepoints are attached to: the references that these links hold on the module. */
  readonly links: number;
  /** Idempotent. */
  detach(): void;
}

/**
 * Attaches everything that is there. Undefined: the tracepoints are not there, cifs is not loaded.
 * Throws BPF_ATTACH where a required one is there and can't be attached, NOT_PERMITTED where that is forbidden.
 */
export function attachHooks(object: BpfObject, hooks: readonly Hook[] = HOOKS): Attachment | undefined {
  const links: number[] = [];
  const attached = new Set<string>();
  const refused = new Map<string, string>();
  const detach = () => {
    for (let fd = links.pop(); fd !== undefined; fd = links.pop()) closeFd(fd);
  };
  for (const { tracepoint, program, level } of hooks) {
    if (attached.has(tracepoint)) continue;
    const returned = libbpf().bpf_raw_tracepoint_open(cString(tracepoint), object.programFd(program));
    if (returned >= 0) {
      links.push(returned);
      attached.add(tracepoint);
    } else if (level !== "request" && exhaustionNamed(returned) === undefined) {
      refused.set(tracepoint, errnoName(-returned));
    } else {
      detach();
      if (returned === -ENOENT) return undefined;
      // After a shortage the caller tries all hooks again, also optional ones.
      throw attachFailure(tracepoint, -returned);
    }
  }
  const missing = [...refused]
    .filter(([tracepoint]) => !attached.has(tracepoint))
    .map(([tracepoint, reason]) => ({ tracepoint, reason }));
  return { missing, links: links.length, detach };
}

function attachFailure(tracepoint: string, errno: number): AodError {
  const code = errno === 1 || errno === 13 ? "NOT_PERMITTED" : "BPF_ATTACH";
  return new AodError(code, `attach ${tracepoint}: ${errnoName(errno)}`, { errno });
}
