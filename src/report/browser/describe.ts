// One request in words. In: requests and a row; out: names and texts, the same for the label at the pointer, the details and the
// table. Knows no document.

import { IN_FLIGHT, statusWords } from "../state.ts";
import { clock, duration, shortCommand } from "../words.ts";
import type { Requests } from "./data.ts";

export interface Description {
  readonly latency: string;
  readonly command: string;
  readonly status: string;
  readonly sent: string;
  readonly process: string;
  readonly share: string;
  readonly messageId: string;
}

export function describe(requests: Requests, row: number): Description {
  const { head, sentUs, latencyNs, state, command, status, sender, share, messageId } = requests;
  const [pid, tid, comm] = head.senders[sender[row] ?? 0] ?? [0, 0, ""];
  const isOpen = state[row] === IN_FLIGHT;
  return {
    latency: `${isOpen ? "≥ " : ""}${duration(latencyNs[row] ?? Number.NaN)}`,
    command: shortCommand(head.commands[command[row] ?? 0] ?? ""),
    status: statusWords(state[row] ?? 0, head.statuses[status[row] ?? 0] ?? ""),
    sent: clock((head.firstEpochUs + (sentUs[row] ?? 0)) / 1000),
    process: `${comm || "?"} (${pid}${tid === pid ? "" : `, thread ${tid}`})`,
    share: head.shares[share[row] ?? 0] || "not known",
    messageId: String(messageId[row] ?? ""),
  };
}
