// Writes the daemon's events to the history, the journal and the log. No failure here ends the daemon. The tables
// beside this file say what each event becomes.

import { fstatSync } from "node:fs";
import { join } from "node:path";
import { encodeEntry } from "../history/entry.ts";
import { HISTORY, HistoryFile } from "../history/file.ts";
import { formatLine, isLogged, log } from "../log.ts";
import type { Config } from "../model/config.ts";
import type { Incident } from "../model/incident.ts";
import type { TroubleFinding } from "../model/trouble.ts";
import type { SupervisorListener } from "../supervisor/event-bus.ts";
import { isJournalStream, type Journal, openJournal } from "../system/journald.ts";
import { historyEntriesOf, ongoing } from "./history-sink.ts";
import { journalFieldsOf } from "./journal-sink.ts";
import { lineOf } from "./log-sink.ts";

export interface HistorySinkOptions {
  /** The output folder, without symbolic links. */
  readonly folder: string;
  readonly openIncidents: () => readonly Incident[];
  /** Creates a removed folder again, if that is safe. */
  readonly repair: () => void;
  /** Called after each write; undefined: the history can be written. */
  readonly trouble: (finding: TroubleFinding | undefined) => void;
}

/** Writes events to the history. */
export function openHistorySink(
  { auditEnabled }: Pick<Config, "auditEnabled">,
  options: HistorySinkOptions,
): SupervisorListener {
  const write = makeWriter(options);
  let isAudited = auditEnabled;
  return (event) => {
    if (event.type === "configured") isAudited = event.config.auditEnabled;
    const entries = historyEntriesOf(event, isAudited).map((entry) => encodeEntry(entry, Date.now()));
    // A history that was renamed or does not exist yet is started even without an entry.
    const isDue = event.type === "configured" || (event.type === "swept" && event.rotated);
    if (entries.length > 0 || isDue) write(entries.join(""));
  };
}

/** Writes events to the log and, where they have a message id, to the journal. */
export function openLogSink(outputDir: string): SupervisorListener {
  const isSeenTwice = isJournalStream(process.env.JOURNAL_STREAM, fstatSync(2, { bigint: true }));
  return makeLogSink(openJournal(), outputDir, isSeenTwice);
}

/** @param isSeenTwice whether lines on stderr arrive in the journal as well. */
export function makeLogSink(journal: Journal, outputDir: string, isSeenTwice: boolean): SupervisorListener {
  return (event) => {
    const line = lineOf(event);
    if (line === undefined || !isLogged(line.level)) return;
    const fields = journalFieldsOf(event, line.level, formatLine(line.text, line.values), outputDir);
    const isTaken = fields !== undefined && journal.send(fields);
    if (!isTaken || !isSeenTwice) log[line.level](line.text, line.values);
  };
}

function makeWriter({ folder, openIncidents, repair, trouble }: HistorySinkOptions): (lines: string) => void {
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
