// Encodes requests as columns of text for the page's data, and decodes them: 65,536 requests take some 600 kB, which
// compress to half, because each column holds one kind of figure in one alphabet. The page's script shares this file,
// which does not use the document.
//
// The alphabet leaves out what HTML and JSON would escape. A figure takes a fixed number of digits, or as many as it
// needs: then its last digit is of the lower half of the alphabet and the others are of the upper half.

const ALPHABET = alphabet();
const BASE = ALPHABET.length;
const HALF = BASE >> 1;
const CODES = new TextEncoder().encode(ALPHABET);
/** Enough for a difference below 2^52, because HALF is over 40. */
const DELTA_DIGITS_MAX = 10;

/** Latencies from 1 µs to 1 h, by logarithm, in two digits: 0.3 % a step. 0 means not known. */
const LATENCY_LEAST_NS = 1e3;
const LATENCY_STEPS = BASE * BASE - 2;
const LATENCY_SPAN = Math.log(3.6e12 / LATENCY_LEAST_NS);

/** Encodes whole figures from 0 on, each in `width` digits. */
export function encodeFixed(values: ArrayLike<number>, width: number): Uint8Array {
  const text = new Uint8Array(values.length * width);
  for (let i = 0; i < values.length; i++) {
    let rest = values[i] ?? 0;
    for (let at = (i + 1) * width - 1; at >= i * width; at--) {
      text[at] = CODES[rest % BASE] ?? 0;
      rest = Math.floor(rest / BASE);
    }
  }
  return text;
}

export function decodeFixed(text: string, width: number, count: number): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    let value = 0;
    for (let end = at + width; at < end; at++) value = value * BASE + digitAt(text, at);
    values[i] = value;
  }
  return values;
}

/** Number of digits for figures below `count`, at least 1. */
export function widthFor(count: number): number {
  let width = 1;
  for (let room = BASE; room < count; room *= BASE) width++;
  return width;
}

/** Encodes whole figures below 2^51 by the differences between neighbours, which may have any sign. */
export function encodeDeltas(values: ArrayLike<number>): Uint8Array {
  const text = new Uint8Array(values.length * DELTA_DIGITS_MAX);
  let end = 0;
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    const delta = (values[i] ?? 0) - before;
    before = values[i] ?? 0;
    const coded = delta < 0 ? -delta * 2 - 1 : delta * 2;
    let digits = 1;
    for (let room = HALF; room <= coded; room *= HALF) digits++;
    let rest = coded;
    for (let at = end + digits - 1; at >= end; at--) {
      const isLast = at === end + digits - 1;
      text[at] = CODES[(isLast ? 0 : HALF) + (rest % HALF)] ?? 0;
      rest = Math.floor(rest / HALF);
    }
    end += digits;
  }
  return text.subarray(0, end);
}

export function decodeDeltas(text: string, count: number): Float64Array {
  const values = new Float64Array(count);
  let value = 0;
  for (let i = 0, at = 0; i < count; i++) {
    let coded = 0;
    for (;;) {
      const digit = digitAt(text, at++);
      coded = coded * HALF + (digit % HALF);
      if (digit < HALF) break;
    }
    value += coded % 2 === 1 ? -(coded + 1) / 2 : coded / 2;
    values[i] = value;
  }
  return values;
}

/** Encodes latencies in ns; NaN means not known. A latency out of range becomes the nearest in range. */
export function encodeLatencies(latenciesNs: Float64Array): Uint8Array {
  const levels = latenciesNs.map((ns) => {
    if (Number.isNaN(ns)) return 0;
    const share = Math.log(Math.max(ns, LATENCY_LEAST_NS) / LATENCY_LEAST_NS) / LATENCY_SPAN;
    return 1 + Math.round(Math.min(1, share) * LATENCY_STEPS);
  });
  return encodeFixed(levels, 2);
}

export function decodeLatencies(text: string, count: number): Float64Array {
  return decodeFixed(text, 2, count).map((level) =>
    level === 0 ? Number.NaN : LATENCY_LEAST_NS * Math.exp(((level - 1) / LATENCY_STEPS) * LATENCY_SPAN),
  );
}

// --- internal ---

function alphabet(): string {
  let all = "";
  for (let code = 0x21; code < 0x7f; code++) {
    const character = String.fromCharCode(code);
    if (!"\"&'<>\\`".includes(character)) all += character;
  }
  return all.slice(0, all.length & ~1);
}

const DIGITS = new Uint8Array(128);
for (let i = 0; i < BASE; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

function digitAt(text: string, at: number): number {
  // Behind the end this returns a digit of the lower half, so that decoding a cut text ends.
  return DIGITS[text.charCodeAt(at)] ?? 0;
}
