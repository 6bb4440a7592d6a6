// The state of a request: its name in the column `state` of requests.csv and its number in the page's data. Shared by
// the static parts of the page and its script.

import type { RequestState } from "../model/request.ts";

/** Names by number. */
const STATES: readonly RequestState[] = ["done", "error", "in_flight", "lost"];

/** EVERYDAY exists only in the page's data: an error reply that is not a failure, such as no such file. */
export const [DONE, ERROR, IN_FLIGHT, LOST, EVERYDAY] = [0, 1, 2, 3, 4];

const WORDS = ["ok", "failed", "no reply yet", "closed without a reply", "everyday answer"];

/** The number of a state. An unknown name counts as lost, because nothing is known of a reply. */
export function stateNumber(state: string): number {
  const number = STATES.indexOf(state as RequestState);
  return number < 0 ? LOST : number;
}

/** @param status of the reply, `0xc0000022 EACCES`; empty without one. */
export function statusWords(state: number, status: string): string {
  const isReply = state === DONE || state === ERROR || state === EVERYDAY;
  return status !== "" && isReply ? status : (WORDS[state] ?? "");
}
