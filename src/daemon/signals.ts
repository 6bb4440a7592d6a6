// What the process does on signals: one table from the signal to a wish. The handlers stay for the life of the
// process, so that a second SIGHUP never kills and SIGUSR1 opens no debugger.

export interface SignalHandlers {
  /** SIGTERM, SIGINT. */
  readonly stop: () => void;
  /** SIGHUP. */
  readonly reload: () => void;
  /** SIGUSR1. */
  readonly snapshot: () => void;
}

/** @returns takes the handlers away again. */
export function onSignals(wishes: SignalHandlers): () => void {
  const table: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ["SIGTERM", wishes.stop],
    ["SIGINT", wishes.stop],
    ["SIGHUP", wishes.reload],
    ["SIGUSR1", wishes.snapshot],
  ];
  for (const [signal, act] of table) process.on(signal, act);
  return () => {
    for (const [signal, act] of table) process.off(signal, act);
  };
}
