// Decouples the daemon from the reader of its log: a pipe that is not read, or a stopped terminal, must delay neither
// the daemon nor its end. Lines that the reader does not take are dropped and counted.

import { log, redirectLog } from "../log.ts";
import { countRefusal } from "../model/refusals.ts";
import { LineSink, nonBlockingWriter } from "../system/line-sink.ts";

/** Part of the time that aod has to stop. */
const CLOSE_WITHIN_MS = 300;

/** From now on the log never blocks, except for CLOSE_WITHIN_MS at the end. */
export function freeLogFromReader(): void {
  const tryWrite = nonBlockingWriter(2);
  if (tryWrite === undefined) return;
  const sink = new LineSink({
    tryWrite,
    dropping: () => countRefusal("log_lines"),
    resumed: (lines) => log.warn(`log: dropped ${lines} lines (the reader of stderr had stopped)`),
  });
  redirectLog({ write: (text) => sink.write(text), close: () => sink.close(CLOSE_WITHIN_MS) });
}
