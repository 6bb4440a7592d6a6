// What the history knows of captures, by their names. Lines in, facts out. Pure. The lines were written by somebody: what is
// not as it has to be is not known.

import { CAUSES, type Verdict } from "../model/verdict.ts";
import type { StoredEntry } from "./entry.ts";
import { foldIncidents } from "./fold.ts";

export interface CaptureFacts {
  /** Undefined for one that a person asked for, and where the history has forgotten the incident. */
  readonly incidentId: string | undefined;
  readonly share: string | undefined;
  /** Its incident is not over. */
  readonly isOpen: boolean;
  /** Its own, and not its incident's; undefined where `audit.enabled` was false. */
  readonly verdict: Pick<Verdict, "cause" | "confidence"> | undefined;
}

export function foldCaptures(entries: readonly StoredEntry[]): ReadonlyMap<string, CaptureFacts> {
  const facts = new Map<string, CaptureFacts>();
  for (const { incident, entries: steps } of foldIncidents(entries)) {
    const isOpen = incident.state === "open";
    // An incident shows its newest captures only; earlier lines of it have the others.
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
