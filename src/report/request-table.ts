// The requests of a capture as columns of figures, from the runner's memory or from requests.csv: oldest request first,
// and each repeated name stored once. Pure. It trusts no row: one without a valid time is counted and left out.

import { visible } from "./html.ts";
import { stateNumber } from "./state.ts";

/** The cells of a row of requests.csv that the report shows. */
export interface ReportRow {
  readonly time_utc: string;
  readonly boot_ns: string;
  readonly latency_ns: number | null;
  readonly state: string;
  readonly command: string;
  readonly nt_status: string;
  readonly errno: string;
  readonly message_id: string;
  readonly pid: number;
  readonly tid: number;
}

/** The task that sent a request. */
export interface Sender {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
}

export interface RequestTable {
  readonly count: number;
  /** Rows that were left out, because there are more than any recorder holds. */
  readonly leftOut: number;
  /** Rows that could not be read, or without a time at which a machine could have sent a request. */
  readonly unreadable: number;
  /** When the first request was sent, µs since 1970 UTC; NaN if no row has a time. */
  readonly firstEpochUs: number;
  /** When each request was sent, whole µs after the first, ascending. */
  readonly sentUs: Float64Array;
  /** Latency, or the age at the freeze for a request in flight; NaN if not known. */
  readonly latencyNs: Float64Array;
  /** Numbers of state.ts. */
  readonly state: Uint8Array;
  /** This and the next three are indices into the lists of names below. */
  readonly command: Uint32Array;
  readonly status: Uint32Array;
  readonly sender: Uint32Array;
  readonly share: Uint32Array;
  /** 0 for an id that a JavaScript number cannot hold exactly. */
  readonly messageId: Float64Array;
  readonly commands: readonly string[];
  /** `0xc0000022 EACCES`; empty for a reply without an error. */
  readonly statuses: readonly string[];
  readonly senders: readonly Sender[];
  /** An empty name means not known. */
  readonly shares: readonly string[];
}

/** Twice the size of a recorder; a capture may come from anywhere. */
const ROWS_MAX = 131_072;
/** 35 years: longer than any uptime, and short enough for columns.ts, where differences in µs must be below 2^51. */
const TIME_MAX_NS = 2 ** 50 * 1000;
/** Limit of names of shares; other names are shorter. */
const SHARE_MAX_CHARS = 256;
const NAME_MAX_CHARS = 64;
/** More shares, commands or statuses than any host has; further ones share the name REST. */
const NAMES_MAX = 16_384;
const REST = "(more than are told apart here)";

export class RequestTableBuilder {
  #count = 0;
  #leftOut = 0;
  #unreadable = 0;
  #firstEpochUs = Number.NaN;
  #firstNs = 0;
  readonly #sentUs: number[] = [];
  readonly #latencyNs: number[] = [];
  readonly #state: number[] = [];
  readonly #command: number[] = [];
  readonly #status: number[] = [];
  readonly #sender: number[] = [];
  readonly #share: number[] = [];
  readonly #messageId: number[] = [];
  readonly #commands = new Names(NAME_MAX_CHARS);
  readonly #statuses = new Names(NAME_MAX_CHARS);
  readonly #senders = new Senders();
  readonly #shares = new Names(SHARE_MAX_CHARS);

  /** @param comm, share without the quotes of CSV. */
  add(row: ReportRow, comm: string, share: string): void {
    if (this.isFull) {
      this.leaveOut(1);
      return;
    }
    const bootNs = /^\d{1,20}$/.test(row.boot_ns) ? Number(row.boot_ns) : Infinity;
    if (bootNs >= TIME_MAX_NS) {
      this.passOver();
      return;
    }
    if (this.#count === 0) this.#firstNs = bootNs;
    const sentUs = Math.round((bootNs - this.#firstNs) / 1000);
    // The first row with a time decides: all times are of one clock.
    if (Number.isNaN(this.#firstEpochUs)) this.#firstEpochUs = parseUtcUs(row.time_utc) - sentUs;
    const latencyNs = row.latency_ns ?? Number.NaN;
    this.#sentUs.push(sentUs);
    this.#latencyNs.push(latencyNs >= 0 && latencyNs < TIME_MAX_NS ? latencyNs : Number.NaN);
    this.#state.push(stateNumber(row.state));
    this.#command.push(this.#commands.indexOf(row.command));
    this.#status.push(this.#statuses.indexOf(row.errno === "" ? "" : `${row.nt_status} ${row.errno}`.trim()));
    this.#sender.push(this.#senders.indexOf(row.pid, row.tid, comm));
    this.#share.push(this.#shares.indexOf(share));
    const messageId = Number(row.message_id);
    this.#messageId.push(Number.isSafeInteger(messageId) && messageId < 2 ** 50 ? messageId : 0);
    this.#count++;
  }

  /** Whether no further row is read. Unreadable rows count too, because they take as long. */
  get isFull(): boolean {
    return this.#count + this.#unreadable >= ROWS_MAX;
  }

  /** Counts rows that are not read. */
  leaveOut(rows: number): void {
    this.#leftOut += rows;
  }

  /** Counts a row that cannot be read. */
  passOver(): void {
    this.#unreadable++;
  }

  /** Returns the table; the builder must not be used afterwards. */
  finish(): RequestTable {
    const order = this.#orderByTime();
    const column = (values: readonly number[]) =>
      order === undefined ? values : order.map((i) => values[i] ?? 0);
    const sentUs = new Float64Array(column(this.#sentUs));
    const earliestUs = sentUs[0] ?? 0;
    return {
      count: this.#count,
      leftOut: this.#leftOut,
      unreadable: this.#unreadable,
      firstEpochUs: this.#firstEpochUs + earliestUs,
      sentUs: earliestUs === 0 ? sentUs : sentUs.map((us) => us - earliestUs),
      latencyNs: new Float64Array(column(this.#latencyNs)),
      state: new Uint8Array(column(this.#state)),
      command: new Uint32Array(column(this.#command)),
      status: new Uint32Array(column(this.#status)),
      sender: new Uint32Array(column(this.#sender)),
      share: new Uint32Array(column(this.#share)),
      messageId: new Float64Array(column(this.#messageId)),
      commands: this.#commands.list,
      statuses: this.#statuses.list,
      senders: this.#senders.list,
      shares: this.#shares.list,
    };
  }

  /** The rows in order of time; undefined if they are in order already, as aod writes them. */
  #orderByTime(): readonly number[] | undefined {
    const sent = this.#sentUs;
    if (sent.every((us, i) => i === 0 || us >= (sent[i - 1] ?? 0))) return undefined;
    return [...sent.keys()].sort((a, b) => (sent[a] ?? 0) - (sent[b] ?? 0));
  }
}

/** `2026-11-23T01:23:45.678901Z` in µs since 1970; NaN for any other text, also for a year without four digits. */
export function parseUtcUs(text: string): number {
  const [, start = "", fraction = "", zone = ""] = UTC.exec(text) ?? [];
  return Date.parse(start + zone) * 1000 + Number(fraction.padEnd(6, "0"));
}

// --- internal ---

const UTC = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z)$/;

/** Names by number: each is stored once, cut, with invisible characters escaped. */
class Names {
  readonly list: string[] = [];
  readonly #known = new Map<string, number>();
  readonly #maxChars: number;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  indexOf(name: string): number {
    let index = this.#known.get(name);
    if (index === undefined && this.list.length > NAMES_MAX) return NAMES_MAX;
    if (index === undefined) {
      index = this.list.push(this.list.length === NAMES_MAX ? REST : shown(name, this.#maxChars)) - 1;
      this.#known.set(name, index);
    }
    return index;
  }
}

/** Senders by number, likewise. Most threads have one name, so a sender is looked up by its thread id first. */
class Senders {
  readonly list: Sender[] = [];
  readonly #raw: Sender[] = [];
  readonly #byTid = new Map<number, number>();
  readonly #known = new Map<string, number>();

  indexOf(pid: number, tid: number, comm: string): number {
    const last = this.#byTid.get(tid);
    const raw = last === undefined ? undefined : this.#raw[last];
    if (last !== undefined && raw?.comm === comm && raw.pid === pid) return last;
    const key = `${pid} ${tid} ${comm}`;
    let index = this.#known.get(key);
    if (index === undefined) {
      index = this.#raw.push({ pid, tid, comm }) - 1;
      this.list.push({ pid: finite(pid), tid: finite(tid), comm: shown(comm, NAME_MAX_CHARS) });
      this.#known.set(key, index);
    }
    this.#byTid.set(tid, index);
    return index;
  }
}

function shown(name: string, maxChars: number): string {
  return visible(name.length > maxChars ? `${name.slice(0, maxChars)}…` : name);
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
