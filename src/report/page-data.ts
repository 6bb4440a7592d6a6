// What the page's script is given: the one contract between the report and its browser part. Out: a type; the columns are those of
// columns.ts.

export interface PageData {
  readonly head: {
    readonly count: number;
    /** When the first request was sent, µs since 1970 UTC. */
    readonly firstEpochUs: number;
    /** µs after it, as all of these. */
    readonly beganUs: number;
    readonly trippedUs: number;
    readonly frozenUs: number;
    /** Null: not known. */
    readonly completeSinceUs: number | null;
    readonly commands: readonly string[];
    readonly statuses: readonly string[];
    /** pid, tid, name. */
    readonly senders: readonly (readonly [number, number, string])[];
    readonly shares: readonly string[];
    /** Rows. */
    readonly evidence: readonly number[];
    /** Row and ns, where the column's three digits are too few. */
    readonly exact: readonly (readonly [number, number])[];
  };
  readonly columns: Readonly<
    Record<"sent" | "latency" | "state" | "command" | "status" | "sender" | "share" | "messageId", string>
  >;
}
