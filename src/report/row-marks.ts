// What each request of a table counts as, by the rules of src/model that live figures and the detector follow: only a reply of its own
// has a latency, what waits by design says nothing of the server, and an everyday answer is no failure. In: a table and the rows
// that are evidence; out: marks, a byte for each row. Pure.
//
// requests.csv has no flags: a line whose reply can't be told from another's has no latency there, one that was closed without a
// reply is `lost`. Together that is isTrustedReply.

import { COMMANDS, type CommandName, mayBlock } from "../model/command.ts";
import { classifyStatus } from "../model/nt-status.ts";
import { isPipeShare } from "../model/share.ts";
import type { RequestTable } from "./request-table.ts";
import { DONE, ERROR, IN_FLIGHT } from "./state.ts";

export interface RowMarks {
  /** 1 where latencyNs is the time to a reply of its own, or the age of what is in flight. */
  readonly timed: Uint8Array;
  /** 1 for what may wait by design, but not for evidence: a rule that tracks the command by name has tripped. */
  readonly patient: Uint8Array;
  /** 1 for a reply that is a failure: no step of the protocol, and no answer that programs ask for all day. */
  readonly failed: Uint8Array;
}

export function markRows(table: RequestTable, evidence: readonly number[]): RowMarks {
  const { count, state, latencyNs, command, share, status } = table;
  const commands = table.commands.map((name) => COMMANDS.indexOf(name as CommandName));
  const pipes = table.shares.map(isPipeShare);
  const isFailure = makeIsFailure(table, commands);
  const timed = new Uint8Array(count);
  const patient = new Uint8Array(count);
  const failed = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const its = state[row] as number;
    const isReply = its === DONE || its === ERROR;
    if ((isReply || its === IN_FLIGHT) && !Number.isNaN(latencyNs[row])) timed[row] = 1;
    const number = commands[command[row] as number] as number;
    if (mayBlock(number, pipes[share[row] as number])) patient[row] = 1;
    if (its === ERROR && isFailure(command[row] as number, status[row] as number)) failed[row] = 1;
  }
  for (const row of evidence) patient[row] = 0;
  return { timed, patient, failed };
}

// --- internal ---

/** By index of command and of status: few pairs come up, and each is looked up in a table of rules. */
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
