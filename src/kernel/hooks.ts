// The tracepoints of cifs.ko that the programs are attached to, as a table, and the attaching itself. The supervisor
// decides when to attach.

import { errnoName } from "../model/errno.ts";
import { exhaustionNamed } from "../model/exhaustion.ts";
import { AodError } from "../model/failure.ts";
import { closeFd } from "../system/eventfd.ts";
import { cString, libbpf } from "./libbpf.ts";
import type { BpfObject, ProgramName } from "./object.ts";

export interface Hook {
  readonly tracepoint: string;
  readonly program: ProgramName;
  /** Without the hooks of level `request` nothing works; without others aod only sees less. */
  readonly level: HookLevel;
}

/** What a tracepoint shows: requests, operations that wait before they have a request, or trouble of connections. */
export type HookLevel = "request" | "operation" | "signal";

/**
 * In the order of attaching: the ends of requests before their beginnings, so that no request is opened whose reply no
 * program would see; they are detached in the reverse order. A tracepoint with two rows has two forms, the second with
 * fewer arguments: aod attaches the first row that the kernel accepts.
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
  /** Tracepoints that this kernel lacks, or has with other arguments, each with the reason. */
  readonly missing: readonly { readonly tracepoint: string; readonly reason: string }[];
  /** The number of attached tracepoints: each holds a reference on the module. */
  readonly links: number;
  /** Idempotent. */
  detach(): void;
}

/**
 * Attaches all hooks that the kernel has. Returns undefined if it has none of them, because cifs is not loaded.
 * Throws BPF_ATTACH if a required tracepoint exists and can't be attached, NOT_PERMITTED if attaching is forbidden.
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
      // After a shortage the caller tries all hooks again, optional ones included.
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
