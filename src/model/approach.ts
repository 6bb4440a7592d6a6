// How close a rule came to tripping: the fullest state of its window. Plain data, fit for postMessage.

/** The closest that one rule came in the last hour. */
export interface Approach {
  /** The rule's name. */
  readonly rule: string;
  readonly share: string;
  /** When, ns of CLOCK_MONOTONIC. */
  readonly atNs: number;
  /** Counting requests in the window; for a rule of type Stuck those at one time. */
  readonly counted: number;
  /** All replies in the window, for a rule that trips by a percentage of them. */
  readonly replies: number | undefined;
  /** The fraction of the threshold: 1 and above is a trip. */
  readonly ratio: number;
}

/** The content of a window in an Approach. */
export type Fullness = Pick<Approach, "counted" | "replies" | "ratio">;
