// Finds all words that the recognisers wait for in one pass: an automaton after Aho and Corasick. For a run of name
// characters it gives the union of the kinds of all words in it. Pure.

import { LINE_FEED } from "./reader.ts";

const WIDTH = 64;

/** The column of a character: letters of either case, and digits. Other characters of names are skipped. */
const COLUMNS = new Uint8Array(128);
for (let digit = 0; digit < 10; digit++) COLUMNS[48 + digit] = 27 + digit;
for (let letter = 0; letter < 26; letter++) {
  COLUMNS[65 + letter] = letter + 1;
  COLUMNS[97 + letter] = letter + 1;
}
COLUMNS[LINE_FEED] = 0;

export interface Automaton {
  /** WIDTH columns for each state; column 0 keeps the state. */
  readonly steps: Uint16Array;
  /** The kinds of the words that end in a state. */
  readonly kinds: Uint16Array;
}

/**
 * @param words with their kinds as bits; letters and digits only, because `api_key` and `API-KEY` are found as
 * `apikey`.
 */
export function makeAutomaton(words: Iterable<readonly [string, number]>): Automaton {
  const next: number[][] = [Array.from({ length: WIDTH }, () => 0)];
  const kinds: number[] = [0];
  for (const [word, kind] of words) {
    let state = 0;
    for (const char of word.toLowerCase()) {
      const column = COLUMNS[char.charCodeAt(0)] ?? 0;
      if (column === 0) continue;
      const row = next[state] as number[];
      if (row[column] === 0) {
        row[column] = next.length;
        next.push(Array.from({ length: WIDTH }, () => 0));
        kinds.push(0);
      }
      state = row[column] as number;
    }
    kinds[state] = (kinds[state] ?? 0) | kind;
  }
  link(next, kinds);
  return { steps: Uint16Array.from(next.flat()), kinds: Uint16Array.from(kinds) };
}

/** The state after one more character. */
export function advance({ steps }: Automaton, state: number, code: number): number {
  return steps[state * WIDTH + (COLUMNS[code] ?? 0)] ?? 0;
}

// --- internal ---

/** Breadth first. A state without a transition takes that of its longest suffix that is also a prefix of a word. */
function link(next: number[][], kinds: number[]): void {
  const fallback: number[] = [0];
  const queue: number[] = (next[0] as number[]).filter((state) => state !== 0);
  for (const state of queue) fallback[state] = 0;
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] as number;
    const row = next[state] as number[];
    const shorter = fallback[state] as number;
    kinds[state] = (kinds[state] ?? 0) | (kinds[shorter] ?? 0);
    for (let column = 1; column < WIDTH; column++) {
      const target = row[column] as number;
      const other = (next[shorter] as number[])[column] as number;
      if (target === 0) row[column] = other;
      else {
        fallback[target] = other;
        queue.push(target);
      }
    }
    row[0] = state;
  }
}
