// How near a rule came to tripping: the fullest that its window has been. Plain data, fit for postMessage.

/** The closest that one rule came in the last hour. */
export interface Approach {
  /** The rule's name. */
  readonly rule: string;
  readonly share: string;
  /** When, ns of CLOCK_MONOTONIC. */
  readonly atNs: number;
  /** What the window held of what counts; at one time for a rule of type Stuck. */
  readonly counted: number;
  /** All replies in the window, for a rule that trips by a share of them. */
  readonly replies: number | undefined;
  /** Of the way to the trip: 1 and above is a trip. */
  readonly ratio: number;
}

/** A window's content, as an Approach has it. */
export type Fullness = Pick<Approach, "counted" | "replies" | "ratio">;
