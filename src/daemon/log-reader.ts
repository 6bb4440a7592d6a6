// The daemon's log and its reader: a pipe that is not emptied, or a terminal that was stopped, must hold up neither the daemon nor
// its end. In: nothing; out: all lines of the log on standard error, as far as the reader takes them.

import { log, redirectLog } from "../log.ts";
import { countRefusal } from "../model/refusals.ts";
import { LineSink, nonBlockingWriter } from "../system/line-sink.ts";

/** Of the time that the end of aod may take. */
const CLOSE_WITHIN_MS = 300;

/** From now on the log never waits, and at the end for a moment only. */
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
