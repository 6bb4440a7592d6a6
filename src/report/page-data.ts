// The data of the page's script: the only contract between the report and its browser part. The columns are encoded by
// columns.ts.

export interface PageData {
  readonly head: {
    readonly count: number;
    /** When the first request was sent, µs since 1970 UTC. */
    readonly firstEpochUs: number;
    /**
     * When the incident began. This and the following are µs after the first request; null: not known, or no rule
     * tripped.
     */
    readonly beganUs: number | null;
    /** When a rule tripped or the capture was requested, as `trigger` says. Null: not known. */
    readonly trippedUs: number | null;
    readonly trigger: string;
    readonly frozenUs: number;
    /** From when on no request is missing. Null: not known. */
    readonly completeSinceUs: number | null;
    readonly commands: readonly string[];
    readonly statuses: readonly string[];
    /** pid, tid, name. */
    readonly senders: readonly (readonly [number, number, string])[];
    readonly shares: readonly string[];
    /** Numbers of rows. */
    readonly evidence: readonly number[];
    /** Row and exact ns of the slowest requests and of the evidence, because the column has steps of 0.3 %. */
    readonly exact: readonly (readonly [number, number])[];
  };
  readonly columns: Readonly<
    Record<"sent" | "latency" | "state" | "command" | "status" | "sender" | "share" | "messageId", string>
  >;
}
