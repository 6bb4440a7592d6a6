// The words of the verdict's signs, with their figures. Pure. verdict-limits.ts decides whether the facts show a sign.

import { durationText } from "../model/figure.ts";
import { addStatuses, statusesText } from "../model/status-count.ts";
import { meaningOf } from "../model/status-meaning.ts";
import type { SocketFacts } from "./socket-facts.ts";
import type { VerdictFacts } from "./verdict-facts.ts";
import {
  isCpuShort,
  isMemoryShort,
  isServerSlow,
  REFUSED_ERRNOS,
  silentMs,
  UNREACHABLE_ERRNOS,
} from "./verdict-limits.ts";

/** Refusals name a cause if more than this share of those that have a meaning mean it. */
const REFUSALS_SHARE = 0.5;

/** A server that owes replies is silent. */
export function silenceText(facts: VerdictFacts): string | undefined {
  const quietMs = silentMs(facts);
  return quietMs === 0
    ? undefined
    : `nothing has come from the server since ${clockText(facts.seenAtMs - quietMs)}, for ${durationText(quietMs)}`;
}

export function cpuText(facts: VerdictFacts): string | undefined {
  const percent = Math.round(facts.pressure?.cpu?.someAvg10 ?? 0);
  return isCpuShort(facts) ? `tasks waited for a CPU in ${percent} % of the last 10 s` : undefined;
}

export function memoryText(facts: VerdictFacts): string | undefined {
  const percent = Math.round(facts.pressure?.memory?.someAvg10 ?? 0);
  return isMemoryShort(facts) ? `tasks waited for memory in ${percent} % of the last 10 s` : undefined;
}

export function othersText({ others }: VerdictFacts): string {
  return `other servers answered ${others?.replies} requests meanwhile, in ${durationText(others?.medianMs ?? 0)} at the median`;
}

export function signalText(signals: readonly string[], wanted: readonly string[]): string | undefined {
  const its = signals.filter((signal) => wanted.includes(signal));
  return its.length === 0 ? undefined : `the kernel's client reported ${its.join(", ")}`;
}

export function connectErrorText(
  { connectErrors }: VerdictFacts,
  which: "refused" | "unreachable",
): string | undefined {
  const errnos = which === "refused" ? REFUSED_ERRNOS : UNREACHABLE_ERRNOS;
  const its = connectErrors.filter((name) => errnos.has(name));
  if (its.length === 0) return undefined;
  return which === "refused"
    ? `the server's machine answers, and its SMB service refuses connections (${its.join(", ")})`
    : `the server can't be reached (${its.join(", ")})`;
}

/** The statuses that mean this cause, if most refusals do. */
export function refusalText({ statuses }: VerdictFacts, cause: string): string | undefined {
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

/** The client has received replies and reads none of them. */
export function undrainedText({ undrainedBytes }: SocketFacts): string | false {
  return undrainedBytes > 0 && `${undrainedBytes} bytes were received, and the SMB client reads none of them`;
}

/** The server has received the requests and takes its time. */
export function serverTimeText({
  sockets,
  lateMs,
  waitedMs,
  fastestMs,
  symptom,
  seenAtMs,
}: VerdictFacts): string | undefined {
  const tookMs = waitedMs ?? lateMs;
  if (sockets === undefined || lateMs === undefined || tookMs === undefined) return undefined;
  if (sockets.connections === 0 || !isServerSlow(sockets, lateMs, fastestMs)) return undefined;
  const acked = `everything is acknowledged (unacked ${sockets.unackedSegments}, round trip ${durationText(sockets.rttMs)})`;
  return symptom === "missing"
    ? `${acked}, the oldest request has waited ${durationText(tookMs)}, since ${clockText(seenAtMs - tookMs)}`
    : `${acked}, replies take ${durationText(lateMs)}`;
}

/** `17:20:04 UTC`. */
export function clockText(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(11, 19)} UTC`;
}

export function percentText(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
