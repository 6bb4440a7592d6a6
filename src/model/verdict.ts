// Who is to blame, as far as a capture can tell. Plain data; how it is found is the runner's (docs/verdict.md).

/**
 * `host`: this machine is short of CPU or memory. `client`: its SMB client is stuck. `permission`: the server refuses this account, and
 * is well.
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

/** Fits where any mapping does: it stands like this in manifests and in the history. */
export type Verdict = {
  readonly cause: Cause;
  /** From 0 to 1, in hundredths; 0 for unknown. */
  readonly confidence: number;
  /** In plain words, with the figures that said so, what speaks most first; never empty. */
  readonly because: readonly string[];
};

/** A verdict names this many reasons at most, so that a line of the history stays one. */
export const REASONS_MAX = 8;
