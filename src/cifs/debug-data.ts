// Parses /proc/fs/cifs/DebugData into servers, sessions, shares and requests in flight. Pure.
// Servers put strings into this text, and a reader may get only part of it: unknown lines are skipped, every list is
// bounded, and nothing throws. A value that no line contains stays undefined; nothing is guessed.
//
// Formats: cifs_debug.c:cifs_debug_data_proc_show, in fs/cifs/ and later fs/smb/client/. Versions that were read:
//   5.10      connections have no id; a server begins with its credits, and its session is not indented; a channel is
//             one line, and is listed once more among the servers, without a session
//   5.15      "N) ConnectionId:"; MIDs follow the last session, and are only those of the primary channel
//   6.1.176   MIDs below each session, of each of its channels, after "Server ConnectionId:"
//   6.2       "DFS origin full path:" and "DFS leaf full path:" of a server; since 6.5 "DFS origin fullpath:" of a share
//   6.12.111  credits are three figures, "credits,echo,oplock"; "Net namespace" follows some figures
// SMB 2.0.2 and 2.1 have no dump_share_caps (smb2ops.c), so their shares have no line "tid:". Kernels from 5.0 to 6.6
// print " Encrypted" for a share and " encrypted" for a session, later kernels " encrypted" for both.
// Distributions backport changes, so the parser does not check the kernel's version: it takes each line as it is.

import type { CifsServer, CifsSession, CifsTree, Connection, DebugData } from "../model/cifs.ts";

/** The result types are defined in model/, for rooms that may not import this one. */
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
/** The origin of the mount and the last referral that it followed. */
const DFS_PATHS_MAX = 2;
/**
 * Interfaces of one session: up to MAX_IFACE_COUNT 256 (cifsglob.h), but a session never has more channels than
 * CIFS_MAX_CHANNELS 16.
 */
const INTERFACES_MAX = 64;

type Mutable<T> = { -readonly [key in keyof T]: T[key] };
type DraftServer = Draft<CifsServer, "sessions" | "mids" | "dfsPaths">;
type Draft<T, Lists extends keyof T> = Mutable<Omit<T, Lists>> & {
  [list in Lists]: T[list] extends readonly (infer Entry)[] ? Entry[] : never;
};

/** The entries that have been parsed so far, and the entry that the next line belongs to. */
class Reading {
  readonly servers: DraftServer[] = [];
  readonly left: Record<keyof typeof DEBUG_DATA_MAX, number> = { ...DEBUG_DATA_MAX };
  listsChannels = false;
  complete = true;
  server: DraftServer | undefined;
  session: Draft<CifsSession, "channels" | "channelAddresses" | "shares"> | undefined;
  /** The connection that the next figures belong to. */
  connection: Mutable<Connection> | undefined;
  /** The share that later lines describe; undefined if there is none or no room for it. */
  tree: Draft<CifsTree, "dfsPaths"> | undefined;
  /** The address of the server's interface that later lines describe. */
  interfaceAddress: string | undefined;
  midConnectionId: number | undefined;

  /** Reserves room for one more entry. @returns whether there is room. */
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
    this.server = { ...aConnection(connectionId), hostname, dfsPaths: [], sessions: [], mids: [] };
    this.connection = this.server;
    if (this.take("servers")) this.servers.push(this.server);
  }

  openSession(address: string): void {
    this.tree = undefined;
    this.interfaceAddress = undefined;
    // Its id follows on a later line; a session without an id is left out of the result.
    this.session = {
      sessionId: 0n,
      address,
      encrypted: false,
      channels: [],
      channelAddresses: [],
      shares: [],
    };
  }
}

interface Row {
  readonly pattern: RegExp;
  readonly read: (reading: Reading, match: RegExpExecArray) => void;
}

/** By far the most frequent line of a busy client, so it is tried before all others. */
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

/** One row for each fact; a line may contain several facts. */
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
        connectionId: undefined,
        credits: Number(credits),
        dialect: hex(dialect),
        tcpStatus: Number(tcpStatus),
        instance: Number(instance),
        inFlight: Number(inFlight),
        waitingForCredits: waiting === undefined ? undefined : Number(waiting),
      });
    },
  },
  {
    pattern: /^(\t*)Number of credits: (-?\d+)(?:,-?\d+)*/,
    read: (reading, [, indent, credits]) => {
      // Before 5.12 a server begins with this line.
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
      session.encrypted = / encrypted\b/i.test(flags ?? "");
      if (reading.take("sessions")) server.sessions.push(session);
    },
  },
  {
    // "Type:" is the file system's name, which a server of SMB 1 sends.
    pattern: /^\t\d+\) (IPC: )?(\\\\.+) Mounts: \d+ (?:Type: .*? )?DevInfo: /,
    read: (reading, [, ipc, unc]) => {
      reading.tree = undefined;
      const name = printable(unc ?? "");
      const isIpc = ipc !== undefined || /\\IPC\$$/i.test(name);
      if (reading.session === undefined || !reading.take("trees")) return;
      reading.tree = { treeId: undefined, unc: name, isIpc, encrypted: false, dfsPaths: [] };
      reading.session.shares.push(reading.tree);
    },
  },
  {
    pattern: /^\tPathComponentMax: .* encrypted\b/i,
    read: ({ tree }) => {
      if (tree !== undefined) tree.encrypted = true;
    },
  },
  {
    pattern: /^\ttid: 0x([0-9a-f]{1,8})\b/,
    read: ({ tree }, [, id]) => {
      if (tree !== undefined) tree.treeId = hex(id);
    },
  },
  {
    pattern: /^(\t?)DFS (?:origin|leaf) ?full ?path: +(\\\\.+)/,
    read: ({ server, tree }, [, indent, path]) => {
      const paths = (indent === "" ? server : tree)?.dfsPaths;
      if (paths !== undefined && paths.length < DFS_PATHS_MAX) paths.push(printable(path?.trimEnd() ?? ""));
    },
  },
  {
    pattern: /^\t\tIPv[46]: ([0-9a-f.:]{2,45})$/,
    read: (reading, [, address]) => {
      reading.interfaceAddress = address;
    },
  },
  {
    pattern: /^\t\t\[CONNECTED\]/,
    read: ({ session, interfaceAddress }) => {
      const addresses = session?.channelAddresses;
      if (interfaceAddress === undefined || session?.channels.length === 0) return;
      if (addresses !== undefined && addresses.length < INTERFACES_MAX) addresses.push(interfaceAddress);
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

/** A server's name must not forge lines or flood a log: control characters become "?", and the length is bounded. */
function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return name.slice(0, NAME_MAX_CHARS).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "?");
}
