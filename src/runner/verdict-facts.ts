// The facts that a verdict is made of. In: the order, the flight recorder, the texts that its actions collected; out:
// figures of the one server that the incident is about. Pure. What was not collected is undefined and named in `missing`.

import { parseDebugData } from "../cifs/debug-data.ts";
import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import type { CaptureOrder } from "../model/capture.ts";
import { type CifsServer, shareOf } from "../model/cifs.ts";
import { statusName } from "../model/nt-status.ts";
import { KIND } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import { signalName } from "../model/signal.ts";
import type { Recorder } from "../recorder/recorder.ts";
import { type Pressure, parsePressure } from "./pressure-text.ts";
import { type RequestFacts, requestFacts, serverName } from "./request-facts.ts";
import type { SecondLook } from "./second-look.ts";
import { type SocketFacts, socketFacts } from "./socket-facts.ts";
import { parseSockets, plainAddress, type SocketSample, type TcpConnection } from "./socket-text.ts";

/** Actions whose texts a verdict needs: they are in every capture that has actions. */
export const VERDICT_ACTIONS = ["sockets", "debugdata", "pressure"] as const;
type Texts = Readonly<Partial<Record<(typeof VERDICT_ACTIONS)[number], string>>>;

export interface Facts extends RequestFacts {
  readonly source: CaptureOrder["source"];
  /** Of the evidence: signals and statuses by name, each once. */
  readonly signals: readonly string[];
  readonly statuses: readonly string[];
  /** Operations in evidence that wait before they are requests. */
  readonly waiting: number;
  readonly sockets: SocketFacts | undefined;
  readonly credits: CreditFacts | undefined;
  readonly pressure: Pressure | undefined;
  /** What could not be learned, in words. */
  readonly missing: readonly string[];
}

/** Of the server's connections. */
export interface CreditFacts {
  /** Tasks that wait for credits. */
  readonly waiting: number;
  /** The fewest that a connection has left; undefined where the kernel doesn't say. */
  readonly left: number | undefined;
}

/** What else a verdict is made of, beside the order and the recorder. */
export interface Collection {
  /** An action that was not collected is missing. */
  readonly texts: Texts;
  /** Of the same text; undefined where the kernel's list may lack some. */
  readonly secondLook: SecondLook | undefined;
  /** What ss said while all was well, in aod's own network namespace; undefined where nothing was sampled. */
  readonly socketsBefore?: string | undefined;
}

export function verdictFacts(
  order: CaptureOrder,
  recorder: Recorder,
  { texts, secondLook, socketsBefore }: Collection,
): Facts {
  const server = serverOf(order.share);
  const known = texts.debugdata === undefined ? [] : parseDebugData(texts.debugdata).servers;
  const its = server === undefined ? known : known.filter((one) => isServer(one, server));
  const samples = texts.sockets === undefined ? [] : samplesOf(texts.sockets, socketsBefore);
  const sockets = socketFacts(samples, chooseConnections(samples, server, its));
  const pressure = texts.pressure === undefined ? undefined : parsePressure(texts.pressure);
  return {
    source: order.source,
    ...evidenceFacts(order.evidence),
    ...requestFacts(order, recorder, server, secondLook),
    sockets,
    credits: its.length === 0 ? undefined : creditFacts(its),
    pressure: pressure?.cpu === undefined ? undefined : pressure,
    missing: [
      ...(sockets !== undefined ? [] : [whyNoSockets(texts.sockets)]),
      ...(its.length > 0 ? [] : ["DebugData does not show the server: credits are not known"]),
      ...(pressure?.cpu !== undefined
        ? []
        : ["there is no pressure stall information: the host's part is not known"]),
    ],
  };
}

// --- internal ---

/** The action's, its own namespace first, and as number 0 what was said while all was well. */
function samplesOf(text: string, before: string | undefined): readonly SocketSample[] {
  const samples = parseSockets(text);
  const own = samples[0]?.namespace;
  if (own === undefined || before === undefined) return samples;
  return [...samples, ...parseSockets(`==> ${own} (aod), sample 0 <==\n${before}`)];
}

/** Undefined where the incident is about no server that is known. */
function serverOf(share: string): string | undefined {
  return share === "" || share === UNKNOWN_SHARE ? undefined : serverName(share);
}

function evidenceFacts(evidence: readonly Request[]): Pick<Facts, "signals" | "statuses" | "waiting"> {
  const signals = evidence.filter(({ kind }) => kind === KIND.SIGNAL);
  const failed = evidence.filter(({ kind, ntStatus }) => kind === KIND.REQUEST && ntStatus !== 0);
  return {
    signals: [...new Set(signals.map(({ command }) => signalName(command)))],
    statuses: [...new Set(failed.map(({ ntStatus }) => statusName(ntStatus)))],
    waiting: evidence.filter(({ kind }) => kind === KIND.OPERATION).length,
  };
}

function isServer({ hostname, sessions }: CifsServer, server: string): boolean {
  const shares = sessions.flatMap(({ shares }) => shares.map(({ unc }) => shareOf(unc).toLowerCase()));
  return hostname.toLowerCase() === server || shares.some((share) => share.startsWith(`//${server}/`));
}

/** By the addresses that DebugData gives; where it gives none, there has to be one server only. */
function chooseConnections(
  samples: readonly SocketSample[],
  server: string | undefined,
  its: readonly CifsServer[],
): (connection: TcpConnection) => boolean {
  if (server === undefined) return () => true;
  const known = its.flatMap(({ sessions }) => sessions.map(({ address }) => plainAddress(address)));
  const peers = new Set(samples.flatMap(({ connections }) => connections.map(({ peer }) => peer.address)));
  const addresses = new Set([...known, plainAddress(server)]);
  const isAlone = peers.size === 1 && known.length === 0;
  return ({ peer }) => isAlone || addresses.has(peer.address);
}

function creditFacts(servers: readonly CifsServer[]): CreditFacts {
  const connections = servers.flatMap((server) => [
    server,
    ...server.sessions.flatMap(({ channels }) => channels),
  ]);
  const left = connections.flatMap(({ credits, tcpStatus }) =>
    credits === undefined || tcpStatus !== GOOD ? [] : [credits],
  );
  return {
    waiting: connections.reduce((sum, { waitingForCredits = 0 }) => sum + waitingForCredits, 0),
    left: left.length === 0 ? undefined : Math.min(...left),
  };
}

/** enum statusEnum: a connection that is being made anew has no credits, whatever the server grants. */
const GOOD = 1;

function whyNoSockets(text: string | undefined): string {
  return text === undefined
    ? "sockets were not collected: what was sent and acknowledged is not known"
    : "sockets show no connection to the server: what was sent and acknowledged is not known";
}
