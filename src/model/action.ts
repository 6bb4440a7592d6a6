// The actions that a rule can ask for, by the name that configuration, manifest and file names use: aod's own, and
// those of the configuration. Only names and descriptions; the runner's table has how each is collected.

/** One line on each action, for `aod check`, the documentation and error messages. */
export const ACTIONS = {
  dmesg: "the kernel log since the window began",
  journalctl: "the systemd journal since the window began",
  debugdata: "/proc/fs/cifs/DebugData: connections, sessions, shares and requests on the wire",
  stats: "/proc/fs/cifs/Stats: counters of each share",
  sockets: "the TCP state of each SMB connection, twice in a row: acknowledgements, retransmissions, queues",
  pressure: "what the host is short of: pressure stall information, load, memory, CPU times",
  mounts: "/proc/1/mounts and /proc/1/mountinfo: the host's mounts",
  smbinfo: "what is known of each SMB connection, without touching a share",
  inflight:
    "every request without a reply, every operation that has not sent one yet, and where their tasks are",
  netstat: "the kernel's network counters, as differences from the baseline",
  "stats-delta": "Stats and DebugData, as differences from the baseline",
  openfiles: "the files that are open on each share",
  dfscache: "/proc/fs/cifs/dfscache: where DFS paths lead",
  versions: "kernel, cifs module and its parameters, distribution, cifs-utils",
  pcap: "headers of the packets to and from the server, for ten seconds from the trigger on",
  syslogs: "the last 100 lines of /var/log/syslog or /var/log/messages, if that file is local",
} as const satisfies Readonly<Record<string, string>>;

export type ActionName = keyof typeof ACTIONS;

/** Names in the order in which they are documented. */
export const ACTION_NAMES = Object.keys(ACTIONS) as readonly ActionName[];

/** Actions whose source changes fastest, or that finish soonest, come first: /proc, logs, slow actions. */
export type Stage = 1 | 2 | 3;

/** An action that the configuration defines. Plain data, fit for postMessage. */
export interface CustomAction {
  /** Never the name of one of aod's own actions. */
  readonly name: string;
  /** The program's absolute path, and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly stage: Stage;
}
