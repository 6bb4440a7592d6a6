// What the screen is about, as plain data, and what follows from it. Pure; how it changes advance.ts says.

import type { Live, LiveRow, RowGroup } from "../api/live.ts";
import { type ColumnId, sortRows } from "./columns.ts";

export interface TopState {
  readonly host: string;
  /** What there is to know about where the figures come from; undefined for a daemon. */
  readonly note: string | undefined;
  /** What is shown. */
  readonly live: Live | undefined;
  /** What came last: shown again when it goes on. */
  readonly newest: Live | undefined;
  readonly isPaused: boolean;
  readonly isHelpOpen: boolean;
  readonly isOver: boolean;
  readonly group: RowGroup;
  readonly sort: ColumnId;
  /** Of a row; undefined: none is chosen. */
  readonly chosen: string | undefined;
  /** How often figures come. */
  readonly everyMs: number;
  /** Since figures came last, as of the last `waited`. */
  readonly silentMs: number;
}

export interface Beginning {
  readonly host: string;
  readonly note?: string | undefined;
  readonly everyMs: number;
}

/** So late, in intervals, that somebody should be told. */
const LATE_INTERVALS = 3;
const LATE_AT_LEAST_MS = 3000;

export function beginTop({ host, note, everyMs }: Beginning): TopState {
  return {
    ...{ host, note, everyMs, live: undefined, newest: undefined, silentMs: 0 },
    ...{ isPaused: false, isHelpOpen: false, isOver: false },
    ...{ group: "share", sort: "rate", chosen: undefined },
  };
}

/** Rows as they are shown. */
export function rowsOf({ live, group, sort }: TopState): readonly LiveRow[] {
  return live === undefined ? [] : sortRows(live.groups[group], sort);
}

/** Whether figures should have come long ago. */
export function isLate({ silentMs, everyMs }: TopState): boolean {
  return silentMs > Math.max(LATE_AT_LEAST_MS, LATE_INTERVALS * everyMs);
}
