// The signals of the process: one table of handlers. They stay for the life of the process, so that a second SIGHUP
// never kills it and SIGUSR1 opens no debugger.

export interface SignalHandlers {
  /** SIGTERM, SIGINT. */
  readonly stop: () => void;
  /** SIGHUP. */
  readonly reload: () => void;
  /** SIGUSR1. */
  readonly snapshot: () => void;
}

/** Installs the handlers. @returns removes them. */
export function onSignals(handlers: SignalHandlers): () => void {
  const table: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ["SIGTERM", handlers.stop],
    ["SIGINT", handlers.stop],
    ["SIGHUP", handlers.reload],
    ["SIGUSR1", handlers.snapshot],
  ];
  for (const [signal, act] of table) process.on(signal, act);
  return () => {
    for (const [signal, act] of table) process.off(signal, act);
  };
}
