// Describes one request in words, the same for the label at the pointer, the details and the table. It does not use the
// document.

import { IN_FLIGHT, statusWords } from "../state.ts";
import { clock, duration, shortCommand } from "../words.ts";
import type { Requests } from "./data.ts";
import { localTime } from "./local-time.ts";

export interface Description {
  readonly latency: string;
  readonly command: string;
  readonly status: string;
  /** UTC. */
  readonly sent: string;
  /** The same in local time; empty if that is UTC. */
  readonly sentLocal: string;
  readonly process: string;
  readonly share: string;
  readonly messageId: string;
}

export function describe(requests: Requests, row: number): Description {
  const { head, sentUs, latencyNs, state, command, status, sender, share, messageId } = requests;
  const [pid, tid, comm] = head.senders[sender[row] ?? 0] ?? [0, 0, ""];
  const isOpen = state[row] === IN_FLIGHT;
  const sentMs = (head.firstEpochUs + (sentUs[row] ?? 0)) / 1000;
  return {
    latency: `${isOpen ? "≥ " : ""}${duration(latencyNs[row] ?? Number.NaN)}`,
    command: shortCommand(head.commands[command[row] ?? 0] ?? ""),
    status: statusWords(state[row] ?? 0, head.statuses[status[row] ?? 0] ?? ""),
    sent: clock(sentMs),
    sentLocal: Number.isFinite(sentMs) ? localTime(sentMs) : "",
    process: `${comm || "?"} (${pid}${tid === pid ? "" : `, thread ${tid}`})`,
    share: head.shares[share[row] ?? 0] || "not known",
    messageId: String(messageId[row] ?? ""),
  };
}
