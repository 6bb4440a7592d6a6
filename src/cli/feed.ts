// The source of the figures of `aod top`; only the contract. daemon-feed.ts asks a running daemon, self-feed.ts
// watches by itself.

import type { Live } from "../api/live.ts";
import type { Failure } from "../model/failure.ts";

export interface FeedListener {
  readonly live: (live: Live) => void;
  /** No more figures will come. */
  readonly failed: (failure: Failure) => void;
}

export interface Feed {
  /** A note for the user, shown on the screen. */
  readonly note?: string;
  /**
   * Delivers figures as soon as there are any, and then at this interval. A second call changes the interval.
   * @param everyMs as EVERY_MS allows.
   */
  start(everyMs: number, listener: FeedListener): void;
  /** Idempotent. */
  close(): Promise<void>;
}
