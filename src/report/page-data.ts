// What the page's script is given: the one contract between the report and its browser part. Out: a type; the columns are those of
// columns.ts.

export interface PageData {
  readonly head: {
    readonly count: number;
    /** When the first request was sent, µs since 1970 UTC. */
    readonly firstEpochUs: number;
    /** µs after it, as all of these; null: not known, or no rule tripped. */
    readonly beganUs: number | null;
    /** When a rule tripped, or when somebody asked: `trigger` says it. Null: not known. */
    readonly trippedUs: number | null;
    readonly trigger: string;
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
    /** Row and ns, of the slowest and of the evidence: a column has steps of 0.3 %. */
    readonly exact: readonly (readonly [number, number])[];
  };
  readonly columns: Readonly<
    Record<"sent" | "latency" | "state" | "command" | "status" | "sender" | "share" | "messageId", string>
  >;
}
