// Derives the facts of the verdict, about the incident's server, from the order, the flight recorder and the texts of
// the actions. Pure. A fact that was not collected is undefined and named in `missing`.

import { canonicalAddress } from "../model/address.ts";
import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { CaptureOrder } from "../model/capture.ts";
import { type CifsServer, type Connection, type DebugData, shareOf } from "../model/cifs.ts";
import { errnoName } from "../model/errno.ts";
import { CLIENT_LISTS_TEXT, type Readability } from "../model/readability.ts";
import { KIND, SIGNAL } from "../model/request.gen.ts";
import { signalName } from "../model/signal.ts";
import { addStatuses, type StatusCount, statusOf } from "../model/status-count.ts";
import { type Symptom, symptomOf } from "../model/symptom.ts";
import type { Recorder } from "../table/recorder.ts";
import { type Pressure, parsePressure } from "./pressure-text.ts";
import type { RecheckedRequests } from "./recheck.ts";
import { beganNs, deriveRequestFacts, type RequestFacts, serverName } from "./request-facts.ts";
import { deriveSocketFacts, type SocketFacts } from "./socket-facts.ts";
import { parseSockets, type SocketSample, type TcpConnection } from "./socket-text.ts";

/** Actions whose texts the verdict needs: every capture that has actions has these. */
export const VERDICT_ACTIONS = ["sockets", "debugdata", "pressure"] as const;

export interface VerdictFacts extends RequestFacts {
  readonly source: CaptureOrder["source"];
  /**
   * The worst symptom of the evidence: missing, else late, else refused. Undefined without evidence: every sign
   * applies.
   */
  readonly symptom: Symptom | undefined;
  /** Names of the signals in the evidence and in the incident so far, each once. */
  readonly signals: readonly string[];
  /** Names of the errnos of failed connection attempts, from signals and operations, each once. */
  readonly connectErrors: readonly string[];
  /** Statuses of the incident's refusals, the most frequent first. */
  readonly statuses: readonly StatusCount[];
  /** Operations in evidence that wait before they become requests. */
  readonly waiting: number;
  /** Names of client functions in which tasks of the evidence sleep that wait for no reply, credits or connection. */
  readonly clientWaits: readonly string[];
  readonly clientLists: Readability;
  readonly sockets: SocketFacts | undefined;
  /** A connection of the server is lost and not yet re-established; undefined if DebugData does not show the server. */
  readonly isDisconnected: boolean | undefined;
  readonly credits: CreditFacts | undefined;
  readonly pressure: Pressure | undefined;
  /** The approximate time of the second sample of the sockets, ms since 1970 UTC. */
  readonly seenAtMs: number;
  /** The facts that could not be learned, in words. */
  readonly missing: readonly string[];
}

/** The credits of the server's connections. */
export interface CreditFacts {
  /** Tasks that wait for credits. */
  readonly waiting: number;
  /** The fewest credits that a connection has left; undefined if the kernel does not report them. */
  readonly left: number | undefined;
}

/** The inputs of a verdict besides the order and the recorder. */
export interface VerdictInputs {
  /** Complete texts by action, secrets included; undefined if the action has none. */
  readonly texts: { readonly sockets?: string | undefined; readonly pressure?: string | undefined };
  /** DebugData, parsed; undefined if it was not collected. */
  readonly debugData: DebugData | undefined;
  /** The recheck with the same DebugData; undefined if the kernel's list may be incomplete. */
  readonly recheck: RecheckedRequests | undefined;
  /** The baseline of ss in aod's own network namespace; undefined without a sample. */
  readonly socketsBefore?: string | undefined;
  /** See VerdictFacts.clientWaits. */
  readonly clientWaits?: readonly string[];
  /** The time from the freeze of the memory to the second sample of the sockets. */
  readonly sampledAfterMs?: number | undefined;
}

export function deriveVerdictFacts(
  order: CaptureOrder,
  recorder: Recorder,
  inputs: VerdictInputs,
): VerdictFacts {
  const { texts, debugData, recheck, socketsBefore, clientWaits = [] } = inputs;
  const { sampledAfterMs = SAMPLED_AFTER_MS } = inputs;
  const server = serverOf(order.share);
  const known = debugData?.servers ?? [];
  const its = server === undefined ? known : known.filter((one) => isServer(one, server));
  const samples = texts.sockets === undefined ? [] : samplesOf(texts.sockets, socketsBefore);
  const sinceMs = (order.frozenAt.monotonicNs - beganNs(order)) / 1e6 + sampledAfterMs + SLACK_MS;
  const isDisconnected = its.length === 0 ? undefined : connectionsOf(its).some(isLost);
  // A connection of another network namespace may not be found. One that the client itself calls lost does not exist.
  const isSure = isDisconnected === true && addressesOf(its).length > 0;
  const sockets = deriveSocketFacts(
    samples,
    chooseConnections(samples, server, its),
    Number.isFinite(sinceMs) ? sinceMs : undefined,
    isSure,
  );
  const pressure = texts.pressure === undefined ? undefined : parsePressure(texts.pressure);
  return {
    source: order.source,
    ...evidenceFacts(order),
    ...deriveRequestFacts(order, recorder, server, recheck),
    clientWaits,
    clientLists: order.clientLists,
    sockets,
    isDisconnected,
    credits: its.length === 0 ? undefined : creditFacts(its),
    pressure: pressure?.cpu === undefined ? undefined : pressure,
    seenAtMs: order.frozenAt.epochMs + sampledAfterMs,
    missing: [
      ...(sockets !== undefined ? [] : [whyNoSockets(texts.sockets)]),
      ...[CLIENT_LISTS_TEXT[order.clientLists] ?? []].flat(),
      ...(its.length > 0 ? [] : ["DebugData does not show the server: credits are not known"]),
      ...(pressure?.cpu !== undefined
        ? []
        : ["there is no pressure stall information: the host's part is not known"]),
    ],
  };
}

// --- internal ---

/** The usual time that sampling the sockets takes, if it was not measured. */
const SAMPLED_AFTER_MS = 300;
/** ss rounds, and its clock ticks every 4 ms. */
const SLACK_MS = 100;

/** The samples of the action, aod's own namespace first; the baseline is added as number 0. */
function samplesOf(text: string, before: string | undefined): readonly SocketSample[] {
  const samples = parseSockets(text);
  const own = samples[0]?.namespace;
  if (own === undefined || before === undefined) return samples;
  return [...samples, ...parseSockets(`==> ${own} (aod), sample 0 <==\n${before}`)];
}

/** Undefined if the incident's server is unknown. */
function serverOf(share: string): string | undefined {
  return share === "" || share === UNKNOWN_SHARE ? undefined : serverName(share);
}

function evidenceFacts(
  order: CaptureOrder,
): Pick<VerdictFacts, "symptom" | "signals" | "connectErrors" | "statuses" | "waiting"> {
  const { evidence, ruleType, statuses, kind } = order;
  const symptoms = new Set(evidence.map((one) => symptomOf(one, ruleType)));
  const signals = [...order.signals, ...evidence.filter(({ kind }) => kind === KIND.SIGNAL)];
  const operations = evidence.filter(({ kind }) => kind === KIND.OPERATION);
  const connecting = [
    ...signals.filter(({ command }) => command === SIGNAL.CONNECT_ERR),
    ...operations.filter((one) => symptomOf(one, ruleType) === "missing"),
  ];
  return {
    // Some slow requests are still in flight when the window is full: they count as late, like those with a reply.
    symptom: kind === "slow" && symptoms.has("late") ? "late" : WORST_FIRST.find((one) => symptoms.has(one)),
    signals: [...new Set(signals.map(({ command }) => signalName(command)))],
    connectErrors: [...new Set(connecting.flatMap(({ errno }) => (errno === 0 ? [] : [errnoName(errno)])))],
    statuses: statuses.length > 0 ? statuses : addStatuses(evidence.flatMap((one) => statusOf(one) ?? [])),
    waiting: operations.filter(({ errno }) => errno === 0).length,
  };
}

const WORST_FIRST: readonly Symptom[] = ["missing", "late", "refused"];

function isServer({ hostname, sessions }: CifsServer, server: string): boolean {
  const shares = sessions.flatMap(({ shares }) => shares.map(({ unc }) => shareOf(unc).toLowerCase()));
  return hostname.toLowerCase() === server || shares.some((share) => share.startsWith(`//${server}/`));
}

/**
 * Selects connections by the addresses in DebugData. If it has none, a connection is selected only if there is one
 * server.
 */
function chooseConnections(
  samples: readonly SocketSample[],
  server: string | undefined,
  its: readonly CifsServer[],
): (connection: TcpConnection) => boolean {
  if (server === undefined) return () => true;
  const known = addressesOf(its);
  const peers = new Set(samples.flatMap(({ connections }) => connections.map(({ peer }) => peer.address)));
  const addresses = new Set([...known, canonicalAddress(server)]);
  const isAlone = peers.size === 1 && known.length === 0;
  return ({ peer }) => isAlone || addresses.has(peer.address);
}

function addressesOf(servers: readonly CifsServer[]): readonly string[] {
  return servers
    .flatMap(({ sessions }) => sessions.flatMap((one) => [one.address, ...one.channelAddresses]))
    .map(canonicalAddress);
}

function connectionsOf(servers: readonly CifsServer[]): readonly Connection[] {
  return servers.flatMap((server) => [server, ...server.sessions.flatMap(({ channels }) => channels)]);
}

function isLost({ tcpStatus }: Connection): boolean {
  return tcpStatus !== undefined && tcpStatus !== GOOD;
}

function creditFacts(servers: readonly CifsServer[]): CreditFacts {
  const connections = connectionsOf(servers);
  const left = connections.flatMap(({ credits, tcpStatus }) =>
    credits === undefined || tcpStatus !== GOOD ? [] : [credits],
  );
  return {
    waiting: connections.reduce((sum, { waitingForCredits = 0 }) => sum + waitingForCredits, 0),
    left: left.length === 0 ? undefined : Math.min(...left),
  };
}

/**
 * enum statusEnum. Only such connections count: one that is being re-established has no credits, whatever the server
 * grants.
 */
const GOOD = 1;

function whyNoSockets(text: string | undefined): string {
  return text === undefined
    ? "sockets were not collected: what was sent and acknowledged is not known"
    : "sockets show no connection to the server: what was sent and acknowledged is not known";
}
