// Records of the ring whose share or server is not known yet, held while a reading of DebugData that may name it is in
// progress. They come out in their order, once the reading has a result or is overdue. Pure and bounded.

import type { Request } from "../model/request.ts";
import type { Witness } from "./witness.ts";

/** Records that are held; further ones of a storm are judged at once, without a name. */
const HELD_MAX = 4096;

export class HeldRecords {
  #records: Request[] = [];
  #untilNs = Infinity;

  /** When to take them at the latest, ns; Infinity if none is held. */
  get dueNs(): number {
    return this.#untilNs;
  }

  /** Holds a record. @returns false if there is no reading to wait for, or no room. */
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
