// The words of a verdict's signs, with their figures. Pure; whether a sign is seen is decided by verdict-limits.ts.

import { durationText } from "../model/figure.ts";
import { addStatuses, statusesText } from "../model/status-count.ts";
import { meaningOf } from "../model/status-meaning.ts";
import type { Facts } from "./verdict-facts.ts";
import { isCpuShort, isMemoryShort, REFUSED_ERRNOS, silentMs, UNREACHABLE_ERRNOS } from "./verdict-limits.ts";

/** A cause is named by the refusals that mean it, if they are more than half of all that mean anything. */
const REFUSALS_SHARE = 0.5;

/** Nothing at all comes from a server that owes replies. */
export function silenceText(facts: Facts): string | undefined {
  const quietMs = silentMs(facts);
  return quietMs === 0
    ? undefined
    : `nothing has come from the server since ${clockText(facts.seenAtMs - quietMs)}, for ${durationText(quietMs)}`;
}

export function cpuText(facts: Facts): string | undefined {
  const percent = Math.round(facts.pressure?.cpu?.someAvg10 ?? 0);
  return isCpuShort(facts) ? `tasks waited for a CPU in ${percent} % of the last 10 s` : undefined;
}

export function memoryText(facts: Facts): string | undefined {
  const percent = Math.round(facts.pressure?.memory?.someAvg10 ?? 0);
  return isMemoryShort(facts) ? `tasks waited for memory in ${percent} % of the last 10 s` : undefined;
}

export function othersText({ others }: Facts): string {
  return `other servers answered ${others?.replies} requests meanwhile, in ${durationText(others?.medianMs ?? 0)} at the median`;
}

export function signalText(signals: readonly string[], wanted: readonly string[]): string | undefined {
  const its = signals.filter((signal) => wanted.includes(signal));
  return its.length === 0 ? undefined : `the kernel's client reported ${its.join(", ")}`;
}

export function connectErrorText(
  { connectErrors }: Facts,
  which: "refused" | "unreachable",
): string | undefined {
  const errnos = which === "refused" ? REFUSED_ERRNOS : UNREACHABLE_ERRNOS;
  const its = connectErrors.filter((name) => errnos.has(name));
  if (its.length === 0) return undefined;
  return which === "refused"
    ? `the server's machine answers, and its SMB service refuses connections (${its.join(", ")})`
    : `the server can't be reached (${its.join(", ")})`;
}

/** The statuses that mean this cause, where most do. */
export function refusalText({ statuses }: Facts, cause: string): string | undefined {
  const meant = statuses.flatMap((one) => {
    const meaning = meaningOf(one.command, one.ntStatus, one.errno);
    return meaning?.cause === undefined ? [] : [{ ...one, meaning }];
  });
  const its = meant.filter(({ meaning }) => meaning.cause === cause);
  const count = (list: readonly { readonly count: number }[]) =>
    list.reduce((sum, one) => sum + one.count, 0);
  const [first] = its;
  if (first === undefined || count(its) <= REFUSALS_SHARE * count(meant)) return undefined;
  return `the server answers ${statusesText(addStatuses(its))}: ${first.meaning.words}`;
}

/** `17:20:04 UTC`. */
export function clockText(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(11, 19)} UTC`;
}

export function percentText(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
