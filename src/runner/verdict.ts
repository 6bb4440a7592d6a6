// Facts in, who is to blame out. Pure. A cause has to be possible and to have signs that say enough together; a second
// one that has as well, or evidence that is missing, makes it unknown, with all that is known: never a guess.

import { REASONS_MAX, type Verdict } from "../model/verdict.ts";
import type { VerdictFacts } from "./verdict-facts.ts";
import { appliesTo, CAUSE_TABLE, type CauseRow } from "./verdict-signs.ts";

/** From here on the signs of a cause say enough to name it, and those of a second one to doubt the first. */
const STRONG = 0.5;
/** What a verdict is worth for each fact that is missing and could have spoken against it. */
const MISSING_FACTOR = 0.8;

interface Finding {
  readonly cause: CauseRow["cause"];
  /** 0 where it can't be this. */
  readonly score: number;
  readonly reasons: readonly string[];
}

export function chooseCause(facts: VerdictFacts): Verdict {
  if (facts.source === "demo") return unknown(["the traffic is synthetic: there is no connection to judge"]);
  const findings = CAUSE_TABLE.map((row) => weigh(row, facts)).sort((a, b) => b.score - a.score);
  const [first, second] = findings;
  const all = [...facts.missing, ...findings.flatMap(({ reasons }) => reasons)];
  if (first === undefined || first.score < STRONG) {
    const none = "nothing that was collected says enough";
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

/** Signs that agree: each leaves so much less room for doubt. */
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
