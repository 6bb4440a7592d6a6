// How a request stands, as the column `state` of requests.csv says it and as the page's data number it. Shared by the page's static
// parts and its script.

import type { RequestState } from "../model/request.ts";

/** By number. */
const STATES: readonly RequestState[] = ["done", "error", "in_flight", "lost"];

export const [DONE, ERROR, IN_FLIGHT, LOST] = [0, 1, 2, 3];

const WORDS = ["ok", "failed", "no reply yet", "closed without a reply"];

/** The number of a state; what is none counts as lost: nothing is known of a reply. */
export function stateNumber(state: string): number {
  const number = STATES.indexOf(state as RequestState);
  return number < 0 ? LOST : number;
}

/** @param status of the reply, `0xc0000022 EACCES`; empty where it had none. */
export function statusWords(state: number, status: string): string {
  return status !== "" && (state === DONE || state === ERROR) ? status : (WORDS[state] ?? "");
}
