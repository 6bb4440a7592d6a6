// The verdict in one sentence: it names the culprit, and for refusals the status with its count. Pure; the report, the
// commands and the log show the same.

import type { StatusCount } from "./status-count.ts";
import { statusesText } from "./status-count.ts";
import { meaningOf, type StatusMeaning } from "./status-meaning.ts";
import type { Cause } from "./verdict.ts";

export const CAUSE_HEADLINES: Readonly<Record<Cause, string>> = {
  network: "The network is to blame.",
  server: "The server is to blame.",
  credits: "The server grants too few requests at a time.",
  host: "This machine is to blame.",
  client: "The SMB client of this machine is stuck.",
  session: "The server refuses the session.",
  permission: "The server denies access.",
  unknown: "The cause is not known yet.",
};

export interface Headlined {
  readonly cause: Cause;
  /** The incident's refusals, the most frequent first; empty if nothing was refused. */
  readonly statuses: readonly StatusCount[];
  /** Empty if it is not known. */
  readonly share: string;
}

/** `The server refuses: disk full (STATUS_DISK_FULL 12 ×, //files/full).` */
export function headlineOf({ cause, statuses, share }: Headlined): string {
  const [first] = statuses;
  if (first === undefined) return CAUSE_HEADLINES[cause];
  const words = mainMeaning(statuses)?.words;
  const what = [statusesText(statuses), ...(share === "" ? [] : [share])].join(", ");
  const subject = first.command === undefined ? "Operations fail without a request" : "The server refuses";
  return words === undefined ? `${subject} (${what}).` : `${subject}: ${words} (${what}).`;
}

/** The meaning of the most frequent refusal that has one. */
export function mainMeaning(statuses: readonly StatusCount[]): StatusMeaning | undefined {
  for (const { command, ntStatus, errno } of statuses) {
    const meaning = meaningOf(command, ntStatus, errno);
    if (meaning !== undefined) return meaning;
  }
  return undefined;
}
