// Summarises DebugData for people: a line for each connection, session, share and request on the wire. Pure. Session,
// tree and connection ids are in hexadecimal, message ids in decimal, as in requests.csv and in the kernel's trace.

import type { CifsMid, CifsServer, CifsTree, Connection, DebugData } from "../cifs/debug-data.ts";
import { canonicalAddress } from "../model/address.ts";
import { commandName } from "../model/command.ts";

// enum statusEnum, fs/smb/client/cifsglob.h (6.12).
const TCP_STATUS: Readonly<Record<number, string>> = {
  0: "new",
  1: "good",
  2: "exiting",
  3: "needs reconnect",
  4: "needs negotiate",
  5: "in negotiate",
};

// MID_*, fs/smb/client/cifsglob.h (6.12).
const MID_STATE: Readonly<Record<number, string>> = {
  1: "allocated",
  2: "submitted",
  4: "reply received",
  8: "to be retried",
  16: "malformed reply",
  32: "connection shut down",
  64: "ready",
};

/** The summary, with a line feed at its end. */
export function summarizeSmb({ servers, complete }: DebugData): string {
  const lines = servers.flatMap(serverLines);
  if (servers.length === 0) lines.push("no SMB connections");
  if (!complete) lines.push("there is more: DebugData was cut");
  return `${lines.join("\n")}\n`;
}

function serverLines(server: CifsServer): string[] {
  return [
    `server ${server.hostname || "(unnamed)"}: ${connectionText(server)}`,
    ...server.sessions.flatMap((session) => [
      `  session 0x${session.sessionId.toString(16)} to ${canonicalAddress(session.address)}`,
      ...session.channels.map((channel) => `    channel: ${connectionText(channel)}`),
      ...session.shares.map(shareText),
    ]),
    ...server.mids.map((mid) => `  on the wire: ${midText(mid)}`),
  ];
}

function shareText({ unc, treeId, encrypted, dfsPaths }: CifsTree): string {
  return [
    `    share ${unc}`,
    treeId === undefined ? "tree not printed by the kernel" : `tree 0x${treeId.toString(16)}`,
    ...(encrypted ? ["encrypted"] : []),
    ...dfsPaths.map((path) => `DFS path ${path}`),
  ].join(", ");
}

/** A connection in one line, with the figures that the kernel prints. */
export function connectionText(connection: Connection): string {
  const { connectionId, dialect, tcpStatus, instance } = connection;
  return [
    connectionId !== undefined && `connection 0x${connectionId.toString(16)}`,
    dialect !== undefined && `dialect 0x${dialect.toString(16)}`,
    tcpStatus !== undefined && `status ${TCP_STATUS[tcpStatus] ?? tcpStatus}`,
    instance !== undefined && `reconnects ${Math.max(0, instance - 1)}`,
    connection.credits !== undefined && `credits ${connection.credits}`,
    connection.inFlight !== undefined && `in flight ${connection.inFlight}`,
    connection.waitingForCredits !== undefined && `waiting for credits ${connection.waitingForCredits}`,
  ]
    .filter((part) => part !== false)
    .join(", ");
}

function midText({ command, messageId, pid, state, connectionId }: CifsMid): string {
  const on = connectionId === undefined ? "" : `, connection 0x${connectionId.toString(16)}`;
  return `${commandName(command)} mid ${messageId}, tid ${pid}, ${MID_STATE[state] ?? `state ${state}`}${on}`;
}
