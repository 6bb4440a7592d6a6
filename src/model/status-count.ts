// Counts of statuses, and of errnos of operations that failed without a request, which can be added up, and their text.
// Plain data; pure.

import { COMMANDS, commandName } from "./command.ts";
import { ERRNO, errnoName } from "./errno.ts";
import { statusName } from "./nt-status.ts";
import { KIND } from "./request.gen.ts";
import type { Request } from "./request.ts";

export interface StatusCount {
  /** MS-SMB2 2.2.1.2; undefined for an operation that failed without a request. */
  readonly command: number | undefined;
  /** Unsigned; 0 for an operation. */
  readonly ntStatus: number;
  /** Positive. */
  readonly errno: number;
  readonly count: number;
}

/** Servers choose the statuses: the rarest beyond this many are not listed. */
export const STATUSES_MAX = 16;

/** The status of a refusal; undefined for a request or operation that did not fail. */
export function statusOf({ kind, command, ntStatus, errno }: Request): StatusCount | undefined {
  if (kind === KIND.OPERATION && errno !== 0) return { command: undefined, ntStatus: 0, errno, count: 1 };
  if (kind === KIND.REQUEST && ntStatus !== 0) return { command, ntStatus, errno, count: 1 };
  return undefined;
}

/** Adds counts up; the most frequent first. */
export function addStatuses(...lists: readonly (readonly StatusCount[])[]): readonly StatusCount[] {
  const sums = new Map<string, StatusCount>();
  for (const one of lists.flat()) {
    const key = `${one.command} ${one.ntStatus} ${one.errno}`;
    sums.set(key, { ...one, count: one.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()].sort((a, b) => b.count - a.count).slice(0, STATUSES_MAX);
}

/** `STATUS_DISK_FULL`; for an operation without a request its errno. */
export function statusText({ command, ntStatus, errno }: Omit<StatusCount, "count">): string {
  return command === undefined || ntStatus === 0 ? errnoName(errno) : statusName(ntStatus);
}

/** The form in all JSON. A type and not an interface, so that it can be assigned to any mapping. */
export type StatusRow = {
  /** By name; for an operation that failed without a request the errno's name. */
  readonly status: string;
  /** `0xc000007f`; null for such an operation. */
  readonly nt_status: string | null;
  readonly errno: string;
  /** Null for an operation that failed without a request. */
  readonly command: string | null;
  readonly count: number;
};

export function statusRow(one: StatusCount): StatusRow {
  return {
    status: statusText(one),
    nt_status: one.command === undefined ? null : `0x${one.ntStatus.toString(16).padStart(8, "0")}`,
    errno: errnoName(one.errno),
    command: one.command === undefined ? null : commandName(one.command),
    count: one.count,
  };
}

/** The count from which a row was made; undefined if its names or figures are invalid. */
export function countOfRow({ nt_status, errno, command, count }: StatusRow): StatusCount | undefined {
  const number = command === null ? undefined : (COMMANDS as readonly string[]).indexOf(command);
  const errnoNumber = (ERRNO as Readonly<Record<string, number>>)[errno] ?? Number(errno);
  const ntStatus = Number(nt_status ?? 0);
  const isKnown = number !== -1 && Number.isInteger(ntStatus) && Number.isInteger(errnoNumber);
  return isKnown ? { command: number, ntStatus, errno: errnoNumber, count } : undefined;
}

/**
 * `STATUS_DISK_FULL 12 ×, STATUS_ACCESS_DENIED 1 ×`; undefined for an empty list. Commands are left out: one status
 * occurs with several.
 */
export function statusesText(statuses: readonly StatusCount[], most = 3): string | undefined {
  const sums = new Map<string, number>();
  for (const one of statuses) sums.set(statusText(one), (sums.get(statusText(one)) ?? 0) + one.count);
  const sorted = [...sums].sort((a, b) => b[1] - a[1]);
  const shown = sorted.slice(0, most).map(([text, count]) => `${text} ${count} ×`);
  const rest = sorted.length - shown.length;
  if (shown.length === 0) return undefined;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
}
