// Fills the windows from the request table after a restart or a reload. The flight recorder holds the last 65,536
// requests, so nothing needs to be stored elsewhere. The restored requests cause no anomaly: those were posted before
// the ring's slots were released. A request that is still on the ring arrives again and is judged then. Pure but for
// the table.

import { endNs, type Request, type RequestMemory } from "../model/request.ts";
import { completeSince } from "../table/walk-complete.ts";
import { Compounds } from "./compounds.ts";
import { factsOfReply } from "./facts.ts";
import { judgeReply } from "./judge.ts";
import type { Ledger } from "./ledger.ts";
import { COUNTED, identityOf } from "./overdue.ts";
import type { Counted } from "./recent-requests.ts";
import { isOnIpc, type Witness } from "./witness.ts";

/** Records that were on the ring at restore time have been read by then. */
const RESTORED_FOR_NS = 1e9;

/** Requests that were counted from the table and may arrive once more from the ring. */
export class RestoredRequests {
  #identities: ReadonlySet<string>;
  readonly #untilNs: number;

  /** @param nowNs when the windows were filled. */
  constructor(identities: ReadonlySet<string>, nowNs: number) {
    this.#identities = identities;
    this.#untilNs = nowNs + RESTORED_FOR_NS;
  }

  has(request: Request, nowNs: number): boolean {
    if (this.#identities.size > 0 && nowNs > this.#untilNs) this.#identities = new Set();
    return this.#identities.size > 0 && this.#identities.has(identityOf(request));
  }
}

/** Fills the ledger. @returns the identities of the requests that it counted. */
export function restore(table: RequestMemory, ledger: Ledger, witness: Witness, nowNs: number): Set<string> {
  const found: { readonly counted: Counted; readonly rules: readonly number[] }[] = [];
  for (const request of completeSince(table, nowNs - ledger.longestWindowNs)) {
    const facts = factsOfReply(request, isOnIpc(witness, request, nowNs));
    const rules = [...ledger.rules.keys()].filter((index) => {
      const rule = ledger.rules[index];
      return rule !== undefined && judgeReply(rule, facts) !== "passes";
    });
    const counted = { request, timeNs: endNs(request), latencyNs: request.latencyNs };
    if (rules.length > 0) found.push({ counted, rules });
  }
  // Separate from the detector's: requests that arrive again from the ring are judged again.
  const compounds = new Compounds();
  found.sort((a, b) => a.counted.timeNs - b.counted.timeNs);
  for (const { counted, rules } of found) {
    const windows = ledger.ofShare(witness.shareOf(counted.request, nowNs), nowNs);
    const marks = compounds.marksOf(counted.request, ledger.rules.length);
    for (const index of rules) {
      if (((marks[index] ?? 0) & COUNTED) !== 0) continue;
      windows.of(index, counted.request.comm)?.restore(counted);
      marks[index] = COUNTED;
    }
  }
  return new Set(found.map(({ counted }) => identityOf(counted.request)));
}
