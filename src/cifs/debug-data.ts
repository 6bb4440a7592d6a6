// /proc/fs/cifs/DebugData: text in, its servers, sessions, shares and requests in flight out. Pure.
// Servers put strings into this text, and a reader may get only part of it: unknown lines are passed over, every list
// is bounded, nothing throws. What a line did not say stays undefined; nothing is guessed.
//
// Formats: cifs_debug.c:cifs_debug_data_proc_show, in fs/cifs/ and later fs/smb/client/. Versions that were read:
//   5.10      connections have no id; a server begins with its credits, its session stands at the margin; a channel is one line,
//             and stands among the servers once more, without a session
//   5.15      "N) ConnectionId:"; MIDs follow the last session, and are those of the primary channel alone
//   6.1.176   MIDs below each session, of each of its channels, behind "Server ConnectionId:"
//   6.12.111  credits are three figures, "credits,echo,oplock"; "Net namespace" follows some figures
// Distributions carry changes back, so no version is asked for: each line is taken for what it says.

import type { CifsServer, CifsSession, Connection, DebugData } from "../model/cifs.ts";

/** What the parser gives is defined in model/, for rooms that may not import this one. */
export type { CifsMid, CifsServer, CifsSession, CifsTree, Connection, DebugData } from "../model/cifs.ts";

/** Most entries of each kind; more than 10 times what a busy file server's client has. */
export const DEBUG_DATA_MAX = {
  servers: 1024,
  sessions: 4096,
  channels: 8192,
  trees: 16_384,
  mids: 65_536,
} as const;

const LINE_MAX_CHARS = 4096;
const NAME_MAX_CHARS = 512;

type Mutable<T> = { -readonly [key in keyof T]: T[key] };
type Draft<T, Lists extends keyof T> = Mutable<Omit<T, Lists>> & {
  [list in Lists]: T[list] extends readonly (infer Entry)[] ? Entry[] : never;
};

/** What has been read so far, and which entry the next line belongs to. */
class Reading {
  readonly servers: Draft<CifsServer, "sessions" | "mids">[] = [];
  readonly left: Record<keyof typeof DEBUG_DATA_MAX, number> = { ...DEBUG_DATA_MAX };
  listsChannels = false;
  complete = true;
  server: Draft<CifsServer, "sessions" | "mids"> | undefined;
  session: Draft<CifsSession, "channels" | "shares"> | undefined;
  /** Takes the figures of a connection. */
  connection: Mutable<Connection> | undefined;
  /** Names the tree whose id comes some lines later. */
  tree: { readonly unc: string; readonly isIpc: boolean; encrypted: boolean } | undefined;
  midConnectionId: number | undefined;

  /** Whether one more fits. */
  take(kind: keyof typeof DEBUG_DATA_MAX): boolean {
    const fits = this.left[kind] > 0;
    if (fits) this.left[kind] -= 1;
    else this.complete = false;
    return fits;
  }

  openServer(connectionId: number | undefined, hostname: string): void {
    this.session = undefined;
    this.tree = undefined;
    this.midConnectionId = undefined;
    this.server = { ...aConnection(connectionId), hostname, sessions: [], mids: [] };
    this.connection = this.server;
    if (this.take("servers")) this.servers.push(this.server);
  }

  openSession(address: string): void {
    this.tree = undefined;
    // Its id follows on a later line; a session without one has no place in the result.
    this.session = { sessionId: 0n, address, encrypted: false, channels: [], shares: [] };
  }
}

interface Row {
  readonly pattern: RegExp;
  readonly read: (reading: Reading, match: RegExpExecArray) => void;
}

/** The hot line of a busy client: on its own, before all others. */
const MID: Row = {
  pattern: /^\s+State: (\d+) com: (\d+) pid: (-?\d+) cbdata: \S+ mid (\d{1,20})\s*$/,
  read: (reading, [, state, command, pid, mid]) => {
    if (reading.server === undefined || !reading.take("mids")) return;
    reading.server.mids.push({
      connectionId: reading.midConnectionId,
      command: Number(command),
      pid: Number(pid),
      messageId: BigInt(mid ?? 0),
      state: Number(state),
    });
  },
};

/** One row a fact; a line may hold several. */
const ROWS: readonly Row[] = [
  {
    pattern: /^\d+\) ConnectionId: 0x([0-9a-f]+)(?: Hostname: (.*))?/,
    read: (reading, [, id, hostname]) => reading.openServer(hex(id), printable(hostname?.trimEnd() ?? "")),
  },
  {
    pattern: /^\t\tChannel: \d+ (?!DISABLED)(?:ConnectionId: 0x([0-9a-f]+))?/,
    read: (reading, [, id]) => {
      const channel = aConnection(id === undefined ? undefined : hex(id));
      reading.connection = channel;
      if (reading.session !== undefined && reading.take("channels")) reading.session.channels.push(channel);
    },
  },
  {
    pattern:
      /^\t\tChannel \d+ Number of credits: (-?\d+) Dialect 0x([0-9a-f]{1,8}) TCP status: (\d+) Instance: (\d+) .*? Req On Wire: (-?\d+)(?: In Send: -?\d+ In MaxReq Wait: (-?\d+))?/,
    read: (reading, [, credits, dialect, tcpStatus, instance, inFlight, waiting]) => {
      if (reading.session === undefined || !reading.take("channels")) return;
      reading.session.channels.push({
        ...{ connectionId: undefined, credits: Number(credits), dialect: hex(dialect) },
        ...{ tcpStatus: Number(tcpStatus), instance: Number(instance), inFlight: Number(inFlight) },
        waitingForCredits: waiting === undefined ? undefined : Number(waiting),
      });
    },
  },
  {
    pattern: /^(\t*)Number of credits: (-?\d+)(?:,-?\d+)*/,
    read: (reading, [, indent, credits]) => {
      // Before 5.12 this line is how a server begins.
      if (indent === "" && reading.server?.credits !== undefined) reading.openServer(undefined, "");
      if (reading.server === undefined) reading.openServer(undefined, "");
      if (reading.connection !== undefined) reading.connection.credits = Number(credits);
    },
  },
  { pattern: /^\t*Number of credits: \S+ Dialect 0x([0-9a-f]{1,8})/, read: figure("dialect", 16) },
  {
    pattern: /^\t?\d+\) (?:Address|Name): (\S+) /,
    read: (reading, [, address]) => reading.openSession(printable(address ?? "")),
  },
  { pattern: /^\t*TCP status: (\d+)/, read: figure("tcpStatus") },
  { pattern: /^\t*TCP status: \d+ Instance: (\d+)/, read: figure("instance") },
  { pattern: /^\t*Local Users To Server: .* Req On Wire: (-?\d+)/, read: figure("inFlight") },
  { pattern: /^\t*(?:Local Users|In Send).* In MaxReq Wait: (-?\d+)/, read: figure("waitingForCredits") },
  {
    pattern: /^\t.*\bSessionId: 0x([0-9a-f]{1,16})\b(.*)/,
    read: (reading, [, id, flags]) => {
      const { server, session } = reading;
      if (server === undefined || session === undefined || server.sessions.includes(session)) return;
      session.sessionId = BigInt(`0x${id}`);
      session.encrypted = flags?.includes(" encrypted") === true;
      if (reading.take("sessions")) server.sessions.push(session);
    },
  },
  {
    pattern: /^\t\d+\) (IPC: )?(\\\\.+) Mounts: \d+ /,
    read: (reading, [, ipc, unc]) => {
      const name = printable(unc ?? "");
      reading.tree = { unc: name, isIpc: ipc !== undefined || /\\IPC\$$/i.test(name), encrypted: false };
    },
  },
  {
    pattern: /^\tPathComponentMax: .* encrypted\b/,
    read: ({ tree }) => {
      if (tree !== undefined) tree.encrypted = true;
    },
  },
  {
    pattern: /^\ttid: 0x([0-9a-f]{1,8})\b/,
    read: (reading, [, id]) => {
      const { session, tree } = reading;
      reading.tree = undefined;
      if (session !== undefined && tree !== undefined && reading.take("trees")) {
        session.shares.push({ treeId: hex(id), ...tree });
      }
    },
  },
  {
    pattern: /^\tServer ConnectionId: 0x([0-9a-f]+)/,
    read: (reading, [, id]) => {
      reading.listsChannels = true;
      reading.midConnectionId = hex(id);
    },
  },
];

/**
 * Never throws, whatever the text is.
 * @param truncated the text ends before the file did.
 */
export function parseDebugData(text: string, truncated = false): DebugData {
  const reading = new Reading();
  reading.complete = !truncated;
  for (let begin = 0; begin < text.length; ) {
    const newline = text.indexOf("\n", begin);
    const end = newline === -1 ? text.length : newline;
    if (end > begin) readLine(reading, text.slice(begin, Math.min(end, begin + LINE_MAX_CHARS)));
    begin = end + 1;
  }
  return { servers: reading.servers, listsChannels: reading.listsChannels, complete: reading.complete };
}

// --- internal ---

function readLine(reading: Reading, line: string): void {
  const mid = MID.pattern.exec(line);
  if (mid !== null) {
    MID.read(reading, mid);
    return;
  }
  for (const { pattern, read } of ROWS) {
    const match = pattern.exec(line);
    if (match !== null) read(reading, match);
  }
}

function aConnection(connectionId: number | undefined): Mutable<Connection> {
  return {
    connectionId,
    credits: undefined,
    dialect: undefined,
    tcpStatus: undefined,
    instance: undefined,
    inFlight: undefined,
    waitingForCredits: undefined,
  };
}

function figure(name: Exclude<keyof Connection, "connectionId">, radix = 10): Row["read"] {
  return (reading, [, digits]) => {
    if (reading.connection !== undefined) reading.connection[name] = Number.parseInt(digits ?? "", radix);
  };
}

function hex(digits: string | undefined): number {
  return Number.parseInt(digits ?? "", 16);
}

/** A server's name can't forge lines or flood a log: controls become "?", the length is bounded. */
function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return name.slice(0, NAME_MAX_CHARS).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "?");
}
