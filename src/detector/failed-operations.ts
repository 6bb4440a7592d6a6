// Operations that failed without a request: they are held until the shares of their tasks are known, then counted in
// the ledger. One search of the request table serves all records of a round, and a DebugData reading that may name the
// shares is awaited. Pure and bounded.

import { UNKNOWN_SHARE } from "../model/anomaly.ts";
import { countsOperation } from "../model/operation-failure.ts";
import { endNs, type Request } from "../model/request.ts";
import type { Ledger } from "./ledger.ts";
import type { TaskWitness } from "./waiting-operations.ts";

/** Operations that are held; beyond it all are counted at once, with the shares that are known. */
const HELD_MAX = 4096;

export class FailedOperations {
  #records: Request[] = [];
  #untilNs = Infinity;

  /** When to judge them at the latest, ns; Infinity if none is held for a reading. */
  get dueNs(): number {
    return this.#untilNs;
  }

  /** Takes the record of a failed operation; drops it if no rule counts it. */
  take(record: Request, { rules }: Ledger): void {
    const isCounted = rules.some(
      (rule) => rule.type === "error" && countsOperation(rule, record.errno, record.latencyNs),
    );
    if (isCounted) this.#records.push(record);
  }

  /** Counts the held operations. @param mayWait false to count them now, with the shares that are known. */
  judge(ledger: Ledger, tasks: TaskWitness, nowNs: number, mayWait = true): void {
    const records = this.#records;
    if (records.length === 0) return;
    const shares = tasks.sharesOf(new Set(records.map(({ taskId }) => taskId)));
    const holdUntilNs = tasks.holdUntilNs();
    if (mayWait && nowNs < holdUntilNs && records.length <= HELD_MAX) {
      this.#untilNs = Math.min(this.#untilNs, holdUntilNs);
      return;
    }
    this.#records = [];
    this.#untilNs = Infinity;
    for (const record of records) countOne(record, shares.get(record.taskId) ?? UNKNOWN_SHARE, ledger, nowNs);
  }
}

// --- internal ---

function countOne(request: Request, share: string, ledger: Ledger, nowNs: number): void {
  const { errno, latencyNs, comm } = request;
  ledger.rules.forEach((rule, index) => {
    if (rule.type !== "error" || !countsOperation(rule, errno, latencyNs)) return;
    const ruleWindow = ledger.ofShare(share, nowNs).of(index, comm);
    if (ruleWindow !== undefined)
      ledger.count(ruleWindow, { request, timeNs: endNs(request), latencyNs }, nowNs);
  });
}
