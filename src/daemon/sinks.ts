// Where the daemon's events go: the history, the journal, the log. In: events; out: nothing comes back, and nothing
// here ends the daemon. What each event becomes is in the tables beside this file.

import { fstatSync } from "node:fs";
import { join } from "node:path";
import { encodeEntry } from "../history/entry.ts";
import { HISTORY, HistoryFile } from "../history/file.ts";
import { formatLine, isLogged, log } from "../log.ts";
import type { Config } from "../model/config.ts";
import type { Incident } from "../model/incident.ts";
import type { TroubleFinding } from "../model/trouble.ts";
import type { SupervisorEvent } from "../supervisor/events.ts";
import { isJournalStream, type Journal, openJournal } from "../system/journald.ts";
import { entriesOf, ongoing } from "./history-sink.ts";
import { journalFieldsOf } from "./journal-sink.ts";
import { lineOf } from "./log-sink.ts";

interface HistoryOutlet {
  /** The output folder, without symbolic links. */
  readonly folder: string;
  readonly openIncidents: () => readonly Incident[];
  /** Puts a removed folder back in its place, where that is safe. */
  readonly repair: () => void;
  /** Whether the history can be written: called after each try. */
  readonly trouble: (finding: TroubleFinding | undefined) => void;
}

/** @returns takes an event; the last one is `stopped`. */
export function openSinks(
  { outputDir, auditEnabled }: Config,
  outlet: HistoryOutlet,
  journal = openJournal(),
): (event: SupervisorEvent) => void {
  const isSeenTwice = isJournalStream(process.env.JOURNAL_STREAM, fstatSync(2, { bigint: true }));
  const say = makeLogSink(journal, outputDir, isSeenTwice);
  const write = makeWriter(outlet);
  let isAudited = auditEnabled;
  return (event) => {
    if (event.type === "configured") isAudited = event.config.auditEnabled;
    const entries = entriesOf(event, isAudited).map((entry) => encodeEntry(entry, Date.now()));
    // A history that was renamed, or is not there yet, is begun although there is nothing to write.
    const isDue = event.type === "configured" || (event.type === "swept" && event.rotated);
    if (entries.length > 0 || isDue) write(entries.join(""));
    say(event);
  };
}

/** @param isSeenTwice what is written to stderr arrives in the journal as well. */
export function makeLogSink(
  journal: Journal,
  outputDir: string,
  isSeenTwice: boolean,
): (event: SupervisorEvent) => void {
  return (event) => {
    const line = lineOf(event);
    if (line === undefined || !isLogged(line.level)) return;
    const fields = journalFieldsOf(event, line.level, formatLine(line.text, line.values), outputDir);
    const isTaken = fields !== undefined && journal.send(fields);
    if (!isTaken || !isSeenTwice) log[line.level](line.text, line.values);
  };
}

function makeWriter({ folder, openIncidents, repair, trouble }: HistoryOutlet): (lines: string) => void {
  const firstLines = () => openIncidents().map((incident) => encodeEntry(ongoing(incident), Date.now()));
  const history = new HistoryFile(folder, () => firstLines().join(""));
  return (lines) => {
    let reason = history.append(lines);
    if (reason === "ENOENT") {
      repair();
      reason = history.append(lines);
    }
    trouble(
      reason === undefined
        ? undefined
        : { text: `incidents can't be written to ${join(folder, HISTORY)}: ${reason}`, isRepaired: false },
    );
  };
}
