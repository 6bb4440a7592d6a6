// How secrets are taken out of text: what goes from a name to the end of its value, and where values end. In: text;
// out: text and a count. Which names there are is scrub.ts. Pure, and linear in the length of the text whatever it holds:
// no pattern repeats a group without bound (the engine gives up on a long one, and finds nothing), and what repeats
// without bound either can't fail or can't overlap itself.

/** What stands in the place of a secret. */
export const MASK = "[scrubbed]";

export interface Scrubbed {
  readonly text: string;
  /** Secrets that were there. */
  readonly count: number;
}

/** @param isEnd the text ends here: it may have been cut in the middle of a secret. */
export type Step = (text: string, isEnd: boolean) => Scrubbed;

/** Where the secret ends that begins at `from`; undefined where there is none. */
export type End = (text: string, from: number, name: RegExpExecArray) => number | undefined;

/** Hides what follows each match of the pattern, which names it. */
export function after(pattern: RegExp, endOf: End): Step {
  return (text) => {
    const parts: string[] = [];
    let done = 0;
    let count = 0;
    pattern.lastIndex = 0;
    for (let name = pattern.exec(text); name !== null; name = pattern.exec(text)) {
      const from = name.index + name[0].length;
      const to = endOf(text, from, name) ?? from;
      const begin = from + quoteAt(text, from).length;
      if (to <= begin) {
        if (name[0] === "") pattern.lastIndex++;
        continue;
      }
      // What an earlier step has hidden is no second secret.
      if (!text.startsWith(MASK, begin)) {
        parts.push(text.slice(done, begin), MASK);
        done = to;
        count++;
      }
      pattern.lastIndex = to;
    }
    return { text: count === 0 ? text : parts.join("") + text.slice(done), count };
  };
}

/** A step for each match of the pattern alone. */
export function within(pattern: RegExp, step: Step): Step {
  return (text) => {
    let count = 0;
    const scrubbed = text.replace(pattern, (match, at) => {
      const inner = step(match, at + match.length === text.length);
      count += inner.count;
      return inner.text;
    });
    return { text: scrubbed, count };
  };
}

// --- ends ---

export const lineEnd: End = (text, from) => indexOr(text, "\n", from);

export const textEnd: End = (text) => text.length;

/** Of what matched the pattern's first group, which looked ahead. */
export const aheadEnd: End = (_, from, [, ahead = ""]) => from + ahead.length;

/** Up to a blank, or a NUL as in cmdline. */
export const wordEnd: End = (text, from) => {
  BLANK.lastIndex = from;
  return BLANK.exec(text)?.index ?? text.length;
};

/** In quotes up to the other one, also in those of JSON within JSON; else a word. */
export const valueEnd: End = (text, from, name) => {
  const quote = quoteAt(text, from);
  if (quote === "") return wordEnd(text, from, name);
  if (quote !== '"') return Math.min(indexOr(text, quote, from + quote.length), indexOr(text, "\n", from));
  for (let at = from + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (Number.isNaN(code) || code === LINE_FEED || code === QUOTE) return Math.min(at, text.length);
    if (code === BACKSLASH) at++;
  }
};

/**
 * One of a list: a mount option ends with a comma, of which two are one of its own; other items with what begins the next.
 * After a long option there is no list.
 */
export const itemEnd: End = (text, from, name) => {
  const end = valueEnd(text, from, name) ?? from;
  if (quoteAt(text, from) !== "" || name[0].startsWith("--")) return end;
  const next = /(?<!,),(?!,)|[;&](?=[\w.%-]{1,40}=)/.exec(text.slice(from, end));
  return next === null ? end : from + next.index;
};

const BLANK = /[\s\0]/g;
const QUOTES = ['"', "'", '\\"'] as const;
const LINE_FEED = 10;
const QUOTE = 34;
const BACKSLASH = 92;

function indexOr(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at;
}

function quoteAt(text: string, from: number): string {
  return QUOTES.find((quote) => text.startsWith(quote, from)) ?? "";
}
