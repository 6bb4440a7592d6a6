// Whose trouble it is: where a share is, how it is reached, where it is mounted, and who waits for it. Plain data; what
// could not be learned is undefined or left out, nothing is guessed.

export interface Attribution {
  /** As the share's name has it; undefined where the share is not known. */
  readonly server: string | undefined;
  /** Where its newest session's first connection leads, in the canonical form of an address; undefined where it is not known. */
  readonly address: string | undefined;
  /** The kernel's ids of the connections to it, in ascending order. */
  readonly connectionIds: readonly number[];
  /** MS-SMB2 2.2.4 DialectRevision, 0x311 for SMB 3.1.1. */
  readonly dialect: number | undefined;
  readonly encrypted: boolean | undefined;
  /** DFS paths that lead to the share, `//domain/namespace/link`; empty where it is mounted by its own name. */
  readonly dfsPaths: readonly string[];
  /** The shares that it may be, where the evidence does not tell which: SMB 2.0.2 and 2.1, several shares of one session. */
  readonly possibleShares: readonly string[];
  /** As those see it who wait, in whatever mount namespace, and as aod does. */
  readonly mountPoints: readonly string[];
  /** Who sent the requests in evidence, whoever sent most first. */
  readonly processes: readonly Process[];
}

export interface Process {
  readonly pid: number;
  /** Of the process where it lives, of the thread that sent where it does not; WRITEBACK, READAHEAD or UNKNOWN_SENDER for kernel workers. */
  readonly name: string;
  /** systemd's, from the cgroup: `postgresql.service`. */
  readonly unit: string | undefined;
  /** Twelve digits of a container's id, or a name where its manager gives one. */
  readonly container: string | undefined;
  /** Of those in evidence. */
  readonly requests: number;
}

/** What kernel workers do who send buffered writes and reads on behalf of whoever wrote and read. */
export const WRITEBACK = "writeback";
export const READAHEAD = "readahead";
/** A sender that had a kernel worker's name and is no more: whether it was one can't be learned. */
export const UNKNOWN_SENDER = "unknown";

const DIALECTS: Readonly<Record<number, string>> = {
  514: "2.0.2",
  528: "2.1",
  768: "3.0",
  770: "3.0.2",
  785: "3.1.1",
};

/** As manifests and the history show it. A type and not an interface: it is to fit where any mapping does. */
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

/** Names are the public contract: change none, add with care (docs/captures.md says what each means). */
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
      ...{ pid, name, unit: unit ?? null, container: container ?? null, requests },
    })),
  };
}

/** As people call it: `3.1.1`. */
export function dialectName(dialect: number): string {
  return DIALECTS[dialect] ?? `0x${dialect.toString(16)}`;
}

/** The dialect that is shown like this; undefined where none is. */
export function dialectNumber(shown: string): number | undefined {
  const known = Object.entries(DIALECTS).find(([, name]) => name === shown)?.[0];
  if (known !== undefined) return Number(known);
  return /^0x[0-9a-f]{1,4}$/.test(shown) ? Number(shown) : undefined;
}

/**
 * Whether a task has a name of the kernel's workers, which work on behalf of others. A program can take it as well
 * (prctl(2) PR_SET_NAME): cifs/proc.ts isKernelThread asks the kernel.
 */
export function hasWorkerName(comm: string): boolean {
  return comm.startsWith("kworker/");
}
