// The attribution of an incident: where its share is, how it is reached, where it is mounted, and which processes are
// affected. Plain data. Facts that could not be learned are undefined or left out; nothing is guessed.

export interface Attribution {
  /** The server as the share's name has it; undefined if the share is not known. */
  readonly server: string | undefined;
  /** The address of its newest session's first connection, in canonical form; undefined if it is not known. */
  readonly address: string | undefined;
  /** The kernel's ids of the connections to the server, in ascending order. */
  readonly connectionIds: readonly number[];
  /** MS-SMB2 2.2.4 DialectRevision, 0x311 for SMB 3.1.1. */
  readonly dialect: number | undefined;
  readonly encrypted: boolean | undefined;
  /** DFS paths that lead to the share, `//domain/namespace/link`; empty if it is mounted by its own name. */
  readonly dfsPaths: readonly string[];
  /** The possible shares if the evidence does not tell which: SMB 2.0.2 and 2.1, with several shares of one session. */
  readonly possibleShares: readonly string[];
  /** Mount points as the affected processes see them, in whatever mount namespace, and as aod does. */
  readonly mountPoints: readonly string[];
  /** The senders of the requests in evidence, the one with most requests first. */
  readonly processes: readonly Process[];
}

export interface Process {
  readonly pid: number;
  /**
   * The name of the process while it lives, else of the thread that sent; WRITEBACK, READAHEAD or UNKNOWN_SENDER for
   * kernel workers.
   */
  readonly name: string;
  /** The unit of systemd, from the cgroup: `postgresql.service`. */
  readonly unit: string | undefined;
  /** Twelve digits of a container's id, or its name if the container manager gives one. */
  readonly container: string | undefined;
  /** Number of requests in evidence. */
  readonly requests: number;
}

/** Kernel workers that send buffered writes and reads on behalf of the programs that wrote and read. */
export const WRITEBACK = "writeback";
export const READAHEAD = "readahead";
/** A sender that had a kernel worker's name and has ended: whether it was a kernel worker can't be learned. */
export const UNKNOWN_SENDER = "unknown";

const DIALECTS: Readonly<Record<number, string>> = {
  514: "2.0.2",
  528: "2.1",
  768: "3.0",
  770: "3.0.2",
  785: "3.1.1",
};

/** The form in manifests and in the history. A type and not an interface, so that it can be assigned to any mapping. */
export type AttributionSnapshot = {
  readonly server: string | null;
  readonly address: string | null;
  readonly connection_ids: readonly number[];
  readonly dialect: string | null;
  readonly encrypted: boolean | null;
  readonly dfs_paths: readonly string[];
  readonly possible_shares: readonly string[];
  readonly mount_points: readonly string[];
  readonly processes: readonly {
    readonly pid: number;
    readonly name: string;
    readonly unit: string | null;
    readonly container: string | null;
    readonly requests: number;
  }[];
};

/** The names are the public contract: change none, add with care (docs/captures.md explains each). */
export function encodeAttribution(attribution: Attribution): AttributionSnapshot {
  const { server, address, connectionIds, dialect, encrypted } = attribution;
  const { dfsPaths, possibleShares, mountPoints, processes } = attribution;
  return {
    server: server ?? null,
    address: address ?? null,
    connection_ids: connectionIds,
    dialect: dialect === undefined ? null : dialectName(dialect),
    encrypted: encrypted ?? null,
    dfs_paths: dfsPaths,
    possible_shares: possibleShares,
    mount_points: mountPoints,
    processes: processes.map(({ pid, name, unit, container, requests }) => ({
      pid,
      name,
      unit: unit ?? null,
      container: container ?? null,
      requests,
    })),
  };
}

/** The common name of a dialect: `3.1.1`. */
export function dialectName(dialect: number): string {
  return DIALECTS[dialect] ?? `0x${dialect.toString(16)}`;
}

/** The dialect with this common name; undefined if there is none. */
export function dialectNumber(shown: string): number | undefined {
  const known = Object.entries(DIALECTS).find(([, name]) => name === shown)?.[0];
  if (known !== undefined) return Number(known);
  return /^0x[0-9a-f]{1,4}$/.test(shown) ? Number(shown) : undefined;
}

/**
 * Whether a task has a name of the kernel's workers, which work on behalf of other tasks. A program can take such a
 * name as well (prctl(2) PR_SET_NAME): isKernelThread of cifs/proc.ts asks the kernel.
 */
export function hasWorkerName(comm: string): boolean {
  return comm.startsWith("kworker/");
}
