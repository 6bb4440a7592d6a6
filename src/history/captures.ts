// Derives from the lines of the history what it knows of each capture. Pure. Any program may have written the lines, so
// malformed values count as unknown.

import { CAUSES, type Verdict } from "../model/verdict.ts";
import type { StoredEntry } from "./entry.ts";
import { foldIncidents } from "./fold.ts";

export interface CaptureFacts {
  /** Undefined for a capture on demand, and if the incident's lines are no longer in the history. */
  readonly incidentId: string | undefined;
  readonly share: string | undefined;
  /** Whether its incident is open. */
  readonly isOpen: boolean;
  /** The capture's own verdict, not its incident's; undefined if `audit.enabled` was false. */
  readonly verdict: Pick<Verdict, "cause" | "confidence"> | undefined;
}

export function foldCaptures(entries: readonly StoredEntry[]): ReadonlyMap<string, CaptureFacts> {
  const facts = new Map<string, CaptureFacts>();
  for (const { incident, entries: steps } of foldIncidents(entries)) {
    const isOpen = incident.state === "open";
    // A line lists only the newest captures of its incident; the others are in earlier lines.
    const names = new Set(steps.flatMap((step) => step.incident?.captures ?? []));
    for (const name of names)
      facts.set(name, { incidentId: incident.id, share: incident.share, isOpen, verdict: undefined });
  }
  for (const { event, fields, incidentId } of entries) {
    if (event !== "collected" || typeof fields.capture !== "string") continue;
    const known = facts.get(fields.capture) ?? { incidentId, share: undefined, isOpen: false };
    facts.set(fields.capture, { ...known, verdict: verdictOf(fields) });
  }
  return facts;
}

function verdictOf({ verdict, confidence }: StoredEntry["fields"]): CaptureFacts["verdict"] {
  const cause = CAUSES.find((one) => one === verdict);
  return cause === undefined || typeof confidence !== "number" ? undefined : { cause, confidence };
}
