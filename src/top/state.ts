// The state of the screen as plain data, and what follows from it. Pure; advance.ts changes it.

import type { Live, LiveRow, RowGroup } from "../api/live.ts";
import { type ColumnId, sortRows } from "./columns.ts";

export interface TopState {
  readonly host: string;
  /** A remark on the source of the figures; undefined if they come from a daemon. */
  readonly note: string | undefined;
  /** The document that is shown. */
  readonly live: Live | undefined;
  /** The document that came last; it is shown when a pause ends. */
  readonly newest: Live | undefined;
  readonly isPaused: boolean;
  readonly isHelpOpen: boolean;
  readonly isOver: boolean;
  readonly group: RowGroup;
  readonly sort: ColumnId;
  /** The key of the selected row; undefined if none is selected. */
  readonly chosen: string | undefined;
  /** The interval between figures. */
  readonly everyMs: number;
  /** The time since figures last came, as of the last `waited` event. */
  readonly silentMs: number;
}

export interface Beginning {
  readonly host: string;
  readonly note?: string | undefined;
  readonly everyMs: number;
}

/** From this many intervals on, the screen reports that figures are late. */
const LATE_INTERVALS = 3;
const LATE_AT_LEAST_MS = 3000;

export function beginTop({ host, note, everyMs }: Beginning): TopState {
  return {
    host,
    note,
    live: undefined,
    newest: undefined,
    isPaused: false,
    isHelpOpen: false,
    isOver: false,
    group: "share",
    sort: "rate",
    chosen: undefined,
    everyMs,
    silentMs: 0,
  };
}

/** The rows in the order in which they are shown. */
export function rowsOf({ live, group, sort }: TopState): readonly LiveRow[] {
  return live === undefined ? [] : sortRows(live.groups[group], sort);
}

/** Whether figures are overdue. */
export function isLate({ silentMs, everyMs }: TopState): boolean {
  return silentMs > Math.max(LATE_AT_LEAST_MS, LATE_INTERVALS * everyMs);
}
