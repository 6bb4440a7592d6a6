// Records of the ring whose share or server is not known yet, while a reading of DebugData that may name it is under way. In:
// records, the time; out: the same records in their order, once the reading is answered or overdue. Pure, and bounded.

import type { Request } from "../model/request.ts";
import type { Witness } from "./witness.ts";

/** A storm of more has its share's name with the next reading. */
const HELD_MAX = 4096;

export class HeldRecords {
  #records: Request[] = [];
  #untilNs = Infinity;

  /** When to take them at the latest, ns; Infinity: none is held. */
  get dueNs(): number {
    return this.#untilNs;
  }

  /** False where there is nothing to wait for, or no room. */
  hold(record: Request, witness: Witness, nowNs: number): boolean {
    if (this.#records.length >= HELD_MAX || !witness.isAwaiting(record, nowNs)) return false;
    this.#untilNs = Math.min(this.#untilNs, witness.holdUntilNs);
    this.#records.push(record);
    return true;
  }

  take(): readonly Request[] {
    const records = this.#records;
    this.#records = [];
    this.#untilNs = Infinity;
    return records;
  }
}
