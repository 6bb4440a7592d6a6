// The columns of the table as data: title, width, text of a cell and sort key.

import type { LiveRow } from "../api/live.ts";
import { countText, durationText, rateText } from "../model/figure.ts";

export interface Column {
  readonly id: ColumnId;
  readonly title: string;
  /** In columns of the terminal, without the gap to the left. */
  readonly width: number;
  readonly text: (row: LiveRow) => string;
  /** The sort key: the greatest comes first, unknown values last. */
  readonly value: (row: LiveRow) => number;
  /** On narrow terminals the lowest rank is left out first. */
  readonly rank: number;
  /** Whether a value other than 0 is highlighted. */
  readonly isHighlighted?: boolean;
}

export const COLUMN_IDS = ["rate", "mean", "p50", "p99", "max", "errors", "inFlight", "oldest"] as const;
export type ColumnId = (typeof COLUMN_IDS)[number];

export const COLUMNS: readonly Column[] = [
  {
    id: "rate",
    title: "NOW/s",
    width: 7,
    rank: 9,
    text: ({ now }) => rateText(now.rate_per_sec),
    value: ({ now }) => now.rate_per_sec,
  },
  {
    id: "mean",
    title: "RATE/s",
    width: 7,
    rank: 2,
    text: ({ recent }) => rateText(recent.rate_per_sec),
    value: ({ recent }) => recent.rate_per_sec,
  },
  {
    id: "p50",
    title: "P50",
    width: 7,
    rank: 3,
    text: ({ recent }) => ms(recent.p50_ms),
    value: ({ recent }) => recent.p50_ms ?? -1,
  },
  {
    id: "p99",
    title: "P99",
    width: 7,
    rank: 8,
    text: ({ recent }) => ms(recent.p99_ms),
    value: ({ recent }) => recent.p99_ms ?? -1,
  },
  {
    id: "max",
    title: "MAX",
    width: 7,
    rank: 1,
    text: ({ recent }) => ms(recent.max_ms),
    value: ({ recent }) => recent.max_ms ?? -1,
  },
  {
    id: "errors",
    title: "ERRORS",
    width: 7,
    rank: 7,
    isHighlighted: true,
    text: ({ recent }) => countText(recent.errors),
    value: ({ recent }) => recent.errors,
  },
  {
    id: "inFlight",
    title: "IN FLIGHT",
    width: 10,
    rank: 6,
    isHighlighted: true,
    text: ({ in_flight }) => countText(in_flight),
    value: ({ in_flight }) => in_flight,
  },
  {
    id: "oldest",
    title: "OLDEST",
    width: 7,
    rank: 5,
    text: ({ oldest_ms }) => ms(oldest_ms),
    value: ({ oldest_ms }) => oldest_ms ?? -1,
  },
];

const NAME_LEAST = 20;
const GAP = 1;
/** From this age on, the oldest request of a row means trouble and not just a busy server. */
const OVERDUE_MS = 5000;

/** Whether the oldest request of a row that should have a reply is so old that the row is red. */
export function isOverdue({ oldest_ms }: Pick<LiveRow, "oldest_ms">): boolean {
  return (oldest_ms ?? 0) >= OVERDUE_MS;
}

/** As many columns as fit beside a name, in their order. The sort column always stays. */
export function columnsFor(columns: number, sort: ColumnId): readonly Column[] {
  let kept = COLUMNS;
  const width = () => kept.reduce((sum, column) => sum + column.width + GAP, 0);
  while (kept.length > 1 && width() + NAME_LEAST > columns) {
    const least = kept
      .filter(({ id }) => id !== sort)
      .reduce((lowest, column) => (column.rank < lowest.rank ? column : lowest));
    kept = kept.filter((column) => column !== least);
  }
  return kept;
}

/**
 * Sorts rows: overdue ones first, the oldest first; then by the column; equal rows by requests in the window, then by
 * name, so that they do not jump.
 */
export function sortRows(rows: readonly LiveRow[], sort: ColumnId): readonly LiveRow[] {
  const { value } = COLUMNS.find(({ id }) => id === sort) as Column;
  const overdueMs = (row: LiveRow) => (isOverdue(row) ? (row.oldest_ms ?? 0) : 0);
  return rows.toSorted(
    (a, b) =>
      overdueMs(b) - overdueMs(a) ||
      value(b) - value(a) ||
      b.recent.requests - a.recent.requests ||
      (a.key < b.key ? -1 : 1),
  );
}

function ms(value: number | null): string {
  return value === null ? "-" : durationText(value);
}
