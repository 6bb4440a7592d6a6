// Requests that aod refused so that it could keep working: connections of strangers, repeated signals, log lines that
// no reader takes. One table of causes, and the counts of this process; only the main thread refuses anything. Lost
// evidence is counted elsewhere: losses.ts.

/** By cause: what was refused and what to do about it. */
export const REFUSAL_CAUSES = {
  metrics_connections:
    "connections to the metrics port that were closed early: too many were open, or one was silent for too long",
  metrics_hosts:
    "requests to the metrics port under a foreign host name: metrics.hosts names those that are allowed",
  control_connections: "connections to the control socket that were closed early: too many were open",
  snapshot_signals: "SIGUSR1 that came while a capture on demand was being made and another one was due",
  reload_signals: "SIGHUP that came while a reload was due",
  log_lines: "lines of the log that were dropped: stderr is a pipe that its reader does not empty",
} as const satisfies Readonly<Record<string, string>>;

export type RefusalCause = keyof typeof REFUSAL_CAUSES;

const counts = Object.fromEntries(Object.keys(REFUSAL_CAUSES).map((cause) => [cause, 0])) as Record<
  RefusalCause,
  number
>;

export function countRefusal(cause: RefusalCause, count = 1): void {
  counts[cause] += count;
}

/** The counts since the start, for all causes; a cause that never happened has 0. */
export function refusalCounts(): Readonly<Record<RefusalCause, number>> {
  return { ...counts };
}
