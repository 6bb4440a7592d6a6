// The keys and what they do, as one table, which the footer, the help and the state machine read. Keys have the names
// of node:readline or are the character itself.

import { GROUPS } from "../api/live.ts";
import { EVERY_MS } from "../api/protocol.ts";
import { COLUMN_IDS } from "./columns.ts";
import { rowsOf, type TopState } from "./state.ts";

export interface KeyAction {
  readonly keys: readonly string[];
  /** The keys as the help shows them. */
  readonly shown: string;
  readonly help: string;
  readonly act: (state: TopState, key: string) => TopState;
}

/** The intervals between figures that can be chosen, ms. */
const INTERVALS_MS = [100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000] as const;
const PAGE_ROWS = 10;
const GROUP_KEYS: Readonly<Record<string, TopState["group"]>> = { s: "share", c: "command", p: "process" };
const STEPS: Readonly<Record<string, number>> = {
  up: -1,
  k: -1,
  down: 1,
  j: 1,
  pageup: -PAGE_ROWS,
  pagedown: PAGE_ROWS,
  home: Number.NEGATIVE_INFINITY,
  end: Number.POSITIVE_INFINITY,
};

export const KEY_ACTIONS: readonly KeyAction[] = [
  {
    keys: ["s", "c", "p"],
    shown: "s c p",
    help: "group rows by share, command, process",
    act: (state, key) => ({ ...state, group: GROUP_KEYS[key] ?? state.group, chosen: undefined }),
  },
  {
    keys: ["tab", "backtab"],
    shown: "Tab",
    help: "the next or previous grouping",
    act: (state, key) => ({
      ...state,
      group: next(GROUPS, state.group, key === "tab" ? 1 : -1),
      chosen: undefined,
    }),
  },
  {
    keys: ["<", ">", "left", "right"],
    shown: "< >",
    help: "sort by another column",
    act: (state, key) => ({
      ...state,
      sort: next(COLUMN_IDS, state.sort, key === ">" || key === "right" ? 1 : -1),
    }),
  },
  {
    keys: Object.keys(STEPS),
    shown: "arrows",
    help: "select a row: show only its requests in flight",
    act: (state, key) => choose(state, STEPS[key] ?? 0),
  },
  {
    keys: ["space"],
    shown: "space",
    help: "pause and resume",
    act: (state) => ({ ...state, isPaused: !state.isPaused, live: state.newest }),
  },
  {
    keys: ["+", "=", "-"],
    shown: "+ -",
    help: "refresh more, less often",
    act: (state, key) => ({ ...state, everyMs: changeInterval(state.everyMs, key === "-") }),
  },
  {
    keys: ["?", "h", "f1"],
    shown: "?",
    help: "open and close this help",
    act: (state) => ({ ...state, isHelpOpen: !state.isHelpOpen }),
  },
  {
    keys: ["escape"],
    shown: "Esc",
    help: "clear the selection, close this help",
    act: (state) => (state.isHelpOpen ? { ...state, isHelpOpen: false } : { ...state, chosen: undefined }),
  },
  {
    keys: ["q", "ctrl-c"],
    shown: "q",
    help: "quit",
    act: (state) => ({ ...state, isOver: true }),
  },
];

function choose(state: TopState, step: number): TopState {
  const keys = rowsOf(state).map(({ key }) => key);
  if (keys.length === 0) return state;
  const at = state.chosen === undefined ? -1 : keys.indexOf(state.chosen);
  // The first step chooses the first row.
  const from = at === -1 && step < 0 ? 1 : at;
  const to = Math.min(keys.length - 1, Math.max(0, from + step));
  return { ...state, chosen: keys[to] };
}

function changeInterval(everyMs: number, isSlower: boolean): number {
  const found = isSlower
    ? INTERVALS_MS.find((ms) => ms > everyMs)
    : INTERVALS_MS.findLast((ms) => ms < everyMs);
  return found ?? (isSlower ? EVERY_MS.most : EVERY_MS.least);
}

function next<T>(all: readonly T[], current: T, step: number): T {
  return all[(all.indexOf(current) + step + all.length) % all.length] ?? current;
}
