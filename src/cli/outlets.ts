// Where the daemon's events go: the history, the journal, the log. In: events; out: nothing comes back, and nothing
// here ends the daemon. What each event becomes is in the tables beside this file.

import { fstatSync } from "node:fs";
import { encodeEntry } from "../history/entry.ts";
import { HistoryFile } from "../history/file.ts";
import { formatLine, isLogged, log } from "../log.ts";
import type { Config } from "../model/config.ts";
import type { Incident } from "../model/incident.ts";
import type { SupervisorEvent } from "../supervisor/events.ts";
import { monotonicNs } from "../system/clock.ts";
import { isJournalStream, type Journal, openJournal } from "../system/journald.ts";
import { entriesOf, ongoing } from "./event-entries.ts";
import { lineOf } from "./event-lines.ts";
import { journalFieldsOf } from "./event-messages.ts";

const COMPLAIN_EVERY_NS = 60e9;

/** @returns takes an event; the last one is `stopped`. */
export function openOutlets(
  { outputDir, auditEnabled }: Config,
  openIncidents: () => readonly Incident[],
  journal = openJournal(),
): (event: SupervisorEvent) => void {
  const isSeenTwice = isJournalStream(process.env.JOURNAL_STREAM, fstatSync(2, { bigint: true }));
  const say = makeSayer(journal, outputDir, isSeenTwice);
  const write = makeWriter(outputDir, openIncidents);
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
export function makeSayer(
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

function makeWriter(outputDir: string, openIncidents: () => readonly Incident[]): (lines: string) => void {
  const firstLines = () => openIncidents().map((incident) => encodeEntry(ongoing(incident), Date.now()));
  const history = new HistoryFile(outputDir, () => firstLines().join(""));
  let complainedNs = -Infinity;
  return (lines) => {
    const reason = history.append(lines);
    if (reason === undefined || monotonicNs() - complainedNs < COMPLAIN_EVERY_NS) return;
    complainedNs = monotonicNs();
    log.error("the history of incidents can't be written", { reason, failures: history.failures });
  };
}
