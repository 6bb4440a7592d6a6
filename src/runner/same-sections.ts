// Pairs the sections of two readings of Stats that are the same tree or the same connection. Pure. The sections have
// the same name and are in the kernel's order. The kernel prints no id, but the remaining sections keep their order,
// their counters never decrease, and newer kernels print since when a tree is counted.

import type { StatsSection } from "./stats-text.ts";

export interface SectionPair {
  readonly now: StatsSection;
  /** Undefined for a new section. */
  readonly before: StatsSection | undefined;
}

/** Limit of the search. Above it, each section is paired with the one that is as far from the end. */
const SEARCH_MAX = 40_000;

/**
 * Finds the largest number of possible pairs, and among these solutions the one with the least growth of the counters.
 */
export function pairSections(
  before: readonly StatsSection[],
  now: readonly StatsSection[],
): readonly SectionPair[] {
  if (before.length * now.length > SEARCH_MAX) return pairFromTheEnd(before, now);
  const best = searchPairs(before, now);
  let from = 0;
  return now.map((section, index): SectionPair => {
    for (let i = from; i < before.length; i++) {
      const old = before[i] as StatsSection;
      const rest = best[i + 1]?.[index + 1] as Score;
      const isTaken =
        isSame(old, section) && isEqual(best[from]?.[index] as Score, after(old, section, rest));
      if (!isTaken) continue;
      from = i + 1;
      return { now: section, before: old };
    }
    return { now: section, before: undefined };
  });
}

// --- internal ---

interface Score {
  readonly pairs: number;
  readonly counted: number;
}

const NOTHING: Score = { pairs: 0, counted: 0 };

/** The best score of the sections from index i of `before` and index k of `now` on, for all i and k. */
function searchPairs(
  before: readonly StatsSection[],
  now: readonly StatsSection[],
): readonly (readonly Score[])[] {
  const best = Array.from({ length: before.length + 1 }, () => Array<Score>(now.length + 1).fill(NOTHING));
  const at = (i: number, k: number) => best[i]?.[k] ?? NOTHING;
  for (let i = before.length - 1; i >= 0; i--)
    for (let k = now.length - 1; k >= 0; k--) {
      const [old, section] = [before[i] as StatsSection, now[k] as StatsSection];
      let score = better(at(i + 1, k), at(i, k + 1));
      if (isSame(old, section)) score = better(score, after(old, section, at(i + 1, k + 1)));
      (best[i] as Score[])[k] = score;
    }
  return best;
}

function after(old: StatsSection, section: StatsSection, { pairs, counted }: Score): Score {
  return { pairs: pairs + 1, counted: counted + countedBetween(old, section) };
}

function better(a: Score, b: Score): Score {
  if (a.pairs !== b.pairs) return a.pairs > b.pairs ? a : b;
  return a.counted <= b.counted ? a : b;
}

function isEqual(a: Score, b: Score): boolean {
  return a.pairs === b.pairs && a.counted === b.counted;
}

function isSame(old: StatsSection, section: StatsSection): boolean {
  if (old.since !== section.since) return false;
  for (const [name, { figures, counters }] of old.lines) {
    const line = section.lines.get(name);
    if (line === undefined) return false;
    for (let i = 0; i < counters; i++) if ((line.figures[i] ?? 0n) < (figures[i] ?? 0n)) return false;
  }
  return true;
}

function countedBetween(old: StatsSection, section: StatsSection): number {
  let counted = 0n;
  for (const [name, { figures, counters }] of section.lines)
    for (let i = 0; i < counters; i++)
      counted += (figures[i] ?? 0n) - (old.lines.get(name)?.figures[i] ?? 0n);
  return Number(counted);
}

/**
 * Pairs from the end, because the kernel adds new sections at the front: list_add in cifs_get_tcon, cifs_get_smb_ses
 * and cifs_get_tcp_session, connect.c.
 */
function pairFromTheEnd(
  before: readonly StatsSection[],
  now: readonly StatsSection[],
): readonly SectionPair[] {
  return now.map((section, index) => {
    const old = before[before.length - now.length + index];
    return { now: section, before: old !== undefined && isSame(old, section) ? old : undefined };
  });
}
