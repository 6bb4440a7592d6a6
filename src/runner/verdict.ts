// Chooses the cause from the facts. Pure. A cause has to be possible, and its signs have to be strong enough together.
// If a second cause is strong enough as well, or evidence is missing, the verdict is `unknown` with all reasons: never
// a guess.

import { REASONS_MAX, type Verdict } from "../model/verdict.ts";
import type { VerdictFacts } from "./verdict-facts.ts";
import { appliesTo, CAUSE_TABLE, type CauseRow } from "./verdict-signs.ts";

/** The lowest score that names a cause, and the lowest score of a second cause that makes the verdict unknown. */
const STRONG = 0.5;
/** The confidence is multiplied by this for each missing fact: it could have spoken against the cause. */
const MISSING_FACTOR = 0.8;

interface Finding {
  readonly cause: CauseRow["cause"];
  /** 0 if the cause is impossible. */
  readonly score: number;
  readonly reasons: readonly string[];
}

export function chooseCause(facts: VerdictFacts): Verdict {
  if (facts.source === "demo") return unknown(["the traffic is synthetic: there is no connection to judge"]);
  const findings = CAUSE_TABLE.map((row) => weigh(row, facts)).sort((a, b) => b.score - a.score);
  const [first, second] = findings;
  const all = [...facts.missing, ...findings.flatMap(({ reasons }) => reasons)];
  if (first === undefined || first.score < STRONG) {
    const none = "no cause has enough evidence";
    return unknown(first === undefined || all.length === 0 ? [none] : [none, ...all]);
  }
  if (second !== undefined && second.score >= STRONG)
    return unknown([`${scoreText(first)} and ${scoreText(second)} at once`, ...all]);
  const doubt = (1 - (second?.score ?? 0)) * MISSING_FACTOR ** facts.missing.length;
  return {
    cause: first.cause,
    confidence: Math.round(first.score * doubt * 100) / 100,
    because: [...new Set([...first.reasons, ...facts.missing])].slice(0, REASONS_MAX),
  };
}

// --- internal ---

/** Signs that agree add up: each one reduces the remaining doubt by its weight. */
function weigh({ cause, isPossible, signs }: CauseRow, facts: VerdictFacts): Finding {
  const seen = signs.flatMap((sign) => {
    const text = appliesTo(sign, facts) ? sign.see(facts) : undefined;
    return text === undefined ? [] : [{ weight: sign.weight, text }];
  });
  const score =
    facts.symptom === "refused" || isPossible(facts)
      ? 1 - seen.reduce((doubt, { weight }) => doubt * (1 - weight), 1)
      : 0;
  const reasons = seen.toSorted((a, b) => b.weight - a.weight).map(({ text }) => text);
  return { cause, score, reasons };
}

function unknown(because: readonly string[]): Verdict {
  return { cause: "unknown", confidence: 0, because: [...new Set(because)].slice(0, REASONS_MAX) };
}

function scoreText({ cause, score }: Finding): string {
  return `${cause} (${score.toFixed(2)})`;
}
