// Classifies each request of a table by the rules of src/model that live figures and the detector follow: only a
// request with a reply of its own has a latency, a request that may block indefinitely says nothing about the server,
// and an everyday answer is not a failure. Pure.
//
// requests.csv has no flags: a request whose reply cannot be told from another's has no latency there, and one that was
// closed without a reply is `lost`. Together that is isTrustedReply.

import { COMMANDS, type CommandName, mayBlock } from "../model/command.ts";
import { classifyStatus } from "../model/nt-status.ts";
import { isPipeShare } from "../model/share.ts";
import type { RequestTable } from "./request-table.ts";
import { DONE, ERROR, IN_FLIGHT } from "./state.ts";

export interface RowMarks {
  /** 1 if latencyNs is the time to the request's own reply, or the age of a request in flight. */
  readonly timed: Uint8Array;
  /**
   * 1 if the request may block indefinitely; 0 for evidence, because a rule that tracks the command by name has
   * tripped.
   */
  readonly mayBlock: Uint8Array;
  /** 1 for a reply that is a failure: neither a step of the protocol nor an everyday answer. */
  readonly failed: Uint8Array;
}

export function markRows(table: RequestTable, evidence: readonly number[]): RowMarks {
  const { count, state, latencyNs, command, share, status } = table;
  const commands = table.commands.map((name) => COMMANDS.indexOf(name as CommandName));
  const pipes = table.shares.map(isPipeShare);
  const isFailure = makeIsFailure(table, commands);
  const timed = new Uint8Array(count);
  const blocks = new Uint8Array(count);
  const failed = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const its = state[row] as number;
    const isReply = its === DONE || its === ERROR;
    if ((isReply || its === IN_FLIGHT) && !Number.isNaN(latencyNs[row])) timed[row] = 1;
    const number = commands[command[row] as number] as number;
    if (mayBlock(number, pipes[share[row] as number])) blocks[row] = 1;
    if (its === ERROR && isFailure(command[row] as number, status[row] as number)) failed[row] = 1;
  }
  for (const row of evidence) blocks[row] = 0;
  return { timed, mayBlock: blocks, failed };
}

// --- internal ---

/** Takes the indices of a command and a status. Few pairs occur, so each pair is classified once. */
function makeIsFailure({ statuses }: RequestTable, commands: readonly number[]) {
  const known = new Map<number, boolean>();
  return (command: number, status: number): boolean => {
    const key = command * statuses.length + status;
    const before = known.get(key);
    if (before !== undefined) return before;
    const ntStatus = Number((statuses[status] ?? "").split(" ")[0]);
    const isFailure = classifyStatus(commands[command] ?? -1, ntStatus) === "failure";
    known.set(key, isFailure);
    return isFailure;
  };
}
