// The verdict: the party to blame, as far as a capture can tell. Plain data; the runner decides it (docs/verdict.md).

/**
 * `host`: this machine is short of CPU or memory. `client`: its SMB client is stuck. `permission`: the server works and
 * refuses this account.
 */
export const CAUSES = [
  "network",
  "server",
  "credits",
  "host",
  "client",
  "session",
  "permission",
  "unknown",
] as const;
export type Cause = (typeof CAUSES)[number];

/** The form in manifests and in the history; it can be assigned to any mapping. */
export type Verdict = {
  readonly cause: Cause;
  /** From 0 to 1, in hundredths; 0 for unknown. */
  readonly confidence: number;
  /** In plain words with figures, the strongest reason first; never empty. */
  readonly because: readonly string[];
};

/** A verdict has at most this many reasons, so that a line of the history stays one line. */
export const REASONS_MAX = 8;
