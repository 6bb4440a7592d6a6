// Whose trouble it is: where a share is, how it is reached, where it is mounted, and who waits for it. Plain data; what
// could not be learned is undefined or left out, nothing is guessed.

export interface Attribution {
  /** As the share's name has it; undefined where the share is not known. */
  readonly server: string | undefined;
  /** The kernel's ids of the connections to it, in ascending order. */
  readonly connectionIds: readonly number[];
  /** MS-SMB2 2.2.4 DialectRevision, 0x311 for SMB 3.1.1. */
  readonly dialect: number | undefined;
  readonly encrypted: boolean | undefined;
  /** As those see it who wait, in whatever mount namespace, and as aod does. */
  readonly mountPoints: readonly string[];
  /** Who sent the requests in evidence, whoever sent most first. */
  readonly processes: readonly Process[];
}

export interface Process {
  readonly pid: number;
  /** Of the process where it lives, of the thread that sent where it does not; WRITEBACK or READAHEAD for kernel workers. */
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
