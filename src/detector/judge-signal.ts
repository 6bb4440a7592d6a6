// Applies every rule to one signal of a connection and counts it in the ledger. Some signals count only while tasks
// wait for the server, so it also needs to know what is in flight. Pure.

import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import { mayBlock } from "../model/command.ts";
import type { Request } from "../model/request.ts";
import { isPipeShare, serverOfShare } from "../model/share.ts";
import type { Ledger } from "./ledger.ts";
import type { RequestsInFlight } from "./requests-in-flight.ts";
import { countsSignal } from "./signal.ts";
import type { TaskWitness, WaitingOperations } from "./waiting-operations.ts";
import type { Witness } from "./witness.ts";

export interface SignalContext {
  readonly ledger: Ledger;
  readonly witness: Witness;
  readonly inFlight: Pick<RequestsInFlight, "someOpenAt">;
  readonly waiting: Pick<WaitingOperations, "someWaiting">;
  readonly tasks: TaskWitness;
}

/** @param named `//server` if the signal names it. */
export function judgeSignal(record: Request, context: SignalContext, nowNs: number, named?: string): void {
  const { ledger, witness } = context;
  const counted = { request: record, timeNs: Number(record.startNs), latencyNs: 0 };
  const likely = witness.serverOf(record, nowNs);
  let servers: ReadonlySet<string> | undefined;
  const awaited = (): ReadonlySet<string> => {
    servers ??= awaitedServers(counted.timeNs, context, nowNs);
    return servers;
  };
  ledger.rules.forEach((rule, index) => {
    if (rule.type !== "signal" || !countsSignal(rule, record.command, () => isAwaited(server(), awaited())))
      return;
    const ruleWindow = ledger.ofShare(server(), nowNs).of(index, record.comm);
    if (ruleWindow !== undefined) ledger.count(ruleWindow, counted, nowNs);
  });

  /** Kernels before 5.12 do not report the connection, and the server is a guess. */
  function server(): string {
    if (named !== undefined) return named;
    return record.sessionId === 0n ? chooseServer(likely, awaited()) : likely;
  }
}

/** The likely server, unless tasks wait only for others: then the only one of these, or unknown. */
function chooseServer(likely: string, awaited: ReadonlySet<string>): string {
  if (awaited.size === 0 || awaited.has(likely)) return likely;
  if (likely !== UNKNOWN_SHARE && awaited.has(UNKNOWN_SHARE)) return likely;
  const [only, ...others] = awaited;
  return only !== undefined && others.length === 0 ? only : UNKNOWN_SHARE;
}

/** Whether tasks wait for this server; an unknown share may be one of its shares. */
function isAwaited(server: string, awaited: ReadonlySet<string>): boolean {
  const isNamed = [...awaited].some((one) => one.toLowerCase() === server.toLowerCase());
  return isNamed || awaited.has(UNKNOWN_SHARE) || (server === UNKNOWN_SHARE && awaited.size > 0);
}

/** The servers (`//server` or unknown) for which a task was already waiting when the signal came. */
function awaitedServers(
  sinceNs: number,
  { witness, inFlight, waiting, tasks }: SignalContext,
  nowNs: number,
): ReadonlySet<string> {
  const servers = new Set<string>();
  const visit = (share: string): false => {
    servers.add(share === UNKNOWN_SHARE ? share : serverOfShare(share));
    return false;
  };
  inFlight.someOpenAt(sinceNs, (request) => {
    const share = witness.shareOf(request, nowNs);
    return !mayBlock(request.command, isPipeShare(share)) && visit(share);
  });
  waiting.someWaiting(tasks, sinceNs, visit);
  return servers;
}
