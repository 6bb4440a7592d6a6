// The tracepoints of cifs.ko that the programs are attached to, as a table, and attaching them. In: a loaded object;
// out: which are attached and which this kernel lacks. When to attach is the supervisor's to decide.

import { errnoName } from "../model/errno.ts";
import { AodError } from "../model/failure.ts";
import { closeFd } from "../system/eventfd.ts";
import { cString, libbpf } from "./libbpf.ts";
import type { BpfObject, ProgramName } from "./object.ts";

export interface Hook {
  readonly tracepoint: string;
  readonly program: ProgramName;
  /** Without it nothing works; the others only lower what is seen. */
  readonly required: boolean;
}

/**
 * In the order of attaching: replies first, so that no request is opened whose reply nobody would see; detached in
 * the reverse order. Arguments and contexts of each: fs/smb/client/trace.h, the same from 5.10 on.
 */
export const HOOKS: readonly Hook[] = [
  { tracepoint: "smb3_cmd_done", program: "on_cmd_done", required: true },
  { tracepoint: "smb3_cmd_err", program: "on_cmd_err", required: true },
  { tracepoint: "smb3_cmd_enter", program: "on_cmd_enter", required: true },
  { tracepoint: "smb3_reconnect", program: "on_reconnect", required: false },
  { tracepoint: "smb3_partial_send_reconnect", program: "on_partial_send_reconnect", required: false },
  { tracepoint: "smb3_ses_expired", program: "on_ses_expired", required: false },
  { tracepoint: "smb3_credit_timeout", program: "on_credit_timeout", required: false },
  {
    tracepoint: "smb3_reconnect_with_invalid_credits",
    program: "on_reconnect_invalid_credits",
    required: false,
  },
];

const ENOENT = 2;

export interface Attachment {
  /** Tracepoints that this kernel does not have, or has with other arguments, and why. */
  readonly missing: readonly { readonly tracepoint: string; readonly reason: string }[];
  /** References that these links hold on the module. */
  readonly links: number;
  /** Idempotent. */
  detach(): void;
}

/**
 * Attaches everything that is there. Undefined: the tracepoints are not there, cifs is not loaded.
 * Throws BPF_ATTACH where a required one is there and can't be attached, NOT_PERMITTED where that is forbidden.
 */
export function attachHooks(object: BpfObject): Attachment | undefined {
  const links: number[] = [];
  const missing: { tracepoint: string; reason: string }[] = [];
  const detach = () => {
    for (let fd = links.pop(); fd !== undefined; fd = links.pop()) closeFd(fd);
  };
  for (const { tracepoint, program, required } of HOOKS) {
    const returned = libbpf().bpf_raw_tracepoint_open(cString(tracepoint), object.programFd(program));
    if (returned >= 0) {
      links.push(returned);
    } else if (!required) {
      missing.push({ tracepoint, reason: errnoName(-returned) });
    } else {
      detach();
      if (returned === -ENOENT) return undefined;
      throw attachFailure(tracepoint, -returned);
    }
  }
  return { missing, links: links.length, detach };
}

function attachFailure(tracepoint: string, errno: number): AodError {
  const code = errno === 1 || errno === 13 ? "NOT_PERMITTED" : "BPF_ATTACH";
  return new AodError(code, `attach ${tracepoint}: ${errnoName(errno)}`, { errno });
}
