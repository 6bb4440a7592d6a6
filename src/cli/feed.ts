// Where `aod top` gets its figures from, as it sees it: the contract alone. A daemon over its control socket (daemon-feed.ts), or
// aod top itself where none runs (self-feed.ts).

import type { Live } from "../api/live.ts";
import type { Failure } from "../model/failure.ts";

export interface FeedListener {
  readonly live: (live: Live) => void;
  /** No more figures will come. */
  readonly failed: (failure: Failure) => void;
}

export interface Feed {
  /** What whoever looks has to know of it. */
  readonly note?: string;
  /**
   * Figures as soon as there are any, and from then on as often. Called again it changes how often.
   * @param everyMs as EVERY_MS allows.
   */
  start(everyMs: number, listener: FeedListener): void;
  /** Idempotent. */
  close(): Promise<void>;
}
