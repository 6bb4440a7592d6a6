// Turns records of the kernel log into signals for the rules, few of each kind: a storm of one line (a broken client
// can print thousands a second) counts once in REPEAT_NS. Pure but for the reader, which is handed in.

import type { KernelLogSignal } from "../model/kernel-log.ts";
import { KernelLog, parseKernelLogRecord } from "./kernel-log.ts";

/** The source of records: system/kernel-log-reader.ts. */
interface KernelLogSource {
  readonly dueNs: number;
  poll(
    nowNs: number,
    isReady: boolean,
  ): { readonly records: readonly string[]; readonly overwritten: boolean };
}

/** Signals of one kind and server are at least this far apart. */
export const REPEAT_NS = 1e9;
/** Pairs of signal and server that are distinguished; bounded because servers' names come from the log. */
const KEYS_MAX = 256;

export class KernelLogFeed {
  readonly #reader: KernelLogSource;
  readonly #log = new KernelLog();
  readonly #lastNs = new Map<string, number>();
  #overwritten = 0;

  constructor(reader: KernelLogSource) {
    this.#reader = reader;
  }

  /** How many times the kernel overwrote records before they were read. */
  get overwritten(): number {
    return this.#overwritten;
  }

  get dueNs(): number {
    return this.#reader.dueNs;
  }

  /** Takes the signals that have arrived. */
  poll(nowNs: number, isReady: boolean): readonly KernelLogSignal[] {
    const { records, overwritten } = this.#reader.poll(nowNs, isReady);
    if (overwritten) this.#overwritten += 1;
    return records.flatMap((text) => {
      const record = parseKernelLogRecord(text);
      const signal = record && this.#log.take(record);
      return signal !== undefined && this.#isFirst(signal, nowNs) ? [signal] : [];
    });
  }

  #isFirst({ number, server }: KernelLogSignal, nowNs: number): boolean {
    const key = `${number} ${server}`;
    const lastNs = this.#lastNs.get(key) ?? -Infinity;
    if (nowNs - lastNs < REPEAT_NS) return false;
    if (this.#lastNs.size >= KEYS_MAX) this.#lastNs.clear();
    this.#lastNs.set(key, nowNs);
    return true;
  }
}
