// Finds keys that are labelled as keys, such as `session key`, in bytes or as one word: smbinfo keys, the kernel, klist
// and dumps of Kerberos print them so. Digests and the fingerprints of certificates are not keys.

import { judgeName } from "./names.ts";
import type { Pass } from "./pass.ts";
import { BACKSLASH, isBase64, isHex, isShown, LOOK_MAX } from "./reader.ts";

const OWNER =
  /(?:^|[^a-z0-9])(?:session|sign(?:ing|ature)?|(?:en|de)crypt(?:ion)?|(?:en|de)c|server[ -]?(?:in|out)|seal(?:ing)?|auth(?:entication)?|application|app|master|private|secret|api|access|account|shared|storage|(?:nt|lm|ntlm)|nt owf|lm owf|cipher|aes|des|rc4|kerberos|ticket|machine|user|trust|backup|wrapping|preshared|pre-shared|recovery)[ _-]$/i;
/** Behind these labels and a separator, any value is a key. */
const SPOKEN =
  /(?:^|[^a-z0-9])(?:private|secret|api|access|account|shared|storage|encryption|master|recovery|pre-?shared|signing|session|application|app)[ _-]$/i;
const OWN_NAME = /^(?:serverin|serverout|ntowf|lmowf)|response$/i;
/** The responses of NTLM, not those of other programs. */
const RESPONSE = /(?:^|[^a-z])(?:nt|lm|ntlm)(?:v[12])?[ _-]?(?:challenge)?[ _-]?response$/i;
const CERTIFICATE = /X\.?509|certificate|cert '/i;
/** Four bytes at least, or fewer if the text ends there. */
const BYTES =
  /^(?:[0-9a-f]{2}[ :,-] ?){3}[0-9a-f]{2}(?![0-9a-z])|^(?:[0-9a-f]{2}[ :,-] ?){2,3}[0-9a-f]{0,2}$/i;
const WORD_MIN = 16;
const HEX_WORD_MIN = 8;
const TAB = 9;
const BLANK = 32;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const COLON = 58;
const EQUALS = 61;

/** The identifier ends with `key`, `keys` or `hash`, and bytes follow one by one. */
export function recogniseKeyBytes(pass: Pass, from: number, to: number): boolean {
  if (isIdle(pass, to)) return false;
  const { at } = valueStart(pass, to);
  return isPair(pass, at) && BYTES.test(pass.reader.ahead(at)) && recogniseKey(pass, from, to);
}

/** The identifier ends with `key`, `keys` or `hash`. */
export function recogniseKey(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  const { at, hasSeparator } = valueStart(pass, to);
  if (!hasSeparator && !mayBeKey(pass, at)) return false;
  const name = pass.name(from, to);
  // Most names have no owner before them, so the text before them need not be read.
  const mayBeOwned = from > pass.floor && " _-".includes(text[from - 1] as string);
  if (!mayBeOwned && judgeName(name) === undefined && !OWN_NAME.test(name)) return false;
  const before = reader.before(from, Math.max(pass.floor, pass.lineStart));
  const isOwned = mayBeOwned && OWNER.test(before);
  if (/response$/i.test(name) && !RESPONSE.test(before + name)) return false;
  const isName = judgeName(name) !== undefined;
  if (!isOwned && !isName && !OWN_NAME.test(name)) return false;
  if (CERTIFICATE.test(before)) return false;
  const end = keyEnd(pass, at);
  if (end > at) {
    pass.hide(at, end);
    return true;
  }
  if (!hasSeparator || !SPOKEN.test(before)) return false;
  const word = reader.runEnd(at, (code) => isShown(code) && code !== 34 && code !== 39);
  if (!/\d/.test(text.slice(at, Math.min(word, at + 64)))) return false;
  pass.hide(at, word);
  return word > at;
}

const ENCTYPE =
  /^(?:aes(?:128|256)[\w-]*|arcfour[\w-]*|rc4[_-]hmac[\w-]*|des3?[_-]cbc[\w-]*|camellia[\w-]*|des-cbc-\w+)$/i;

/** The identifier is an encryption type of Kerberos, and its key follows. */
export function recogniseEnctype(pass: Pass, from: number, to: number): boolean {
  if (!ENCTYPE.test(pass.text.slice(from, Math.min(to, from + 64)))) return false;
  const ahead = pass.reader.ahead(to);
  const gap = /^[)\]"']*[ \t]*(?:\(\d+\))?[ \t]*(?::|=|,|\(key:?)?[ \t]*[("']?(?:0x)?(?=[0-9a-f]{16})/i.exec(
    ahead,
  )?.[0];
  if (gap === undefined) return false;
  pass.hide(to + gap.length, pass.reader.runEnd(to + gap.length, isHex));
  return true;
}

// --- internal ---

/** Whether a letter that is not a digit follows immediately: `key=key=`. */
function isIdle({ reader }: Pass, to: number): boolean {
  const code = reader.code(reader.code(to) === 61 || reader.code(to) === 58 ? to + 1 : to);
  return isBase64(code) && !isHex(code);
}

/** The begin of the value behind an optional quote, separator and bracket, all within LOOK_MAX. */
function valueStart(
  { text, reader }: Pass,
  to: number,
): { readonly at: number; readonly hasSeparator: boolean } {
  const limit = Math.min(text.length, to + LOOK_MAX);
  let at = quoteEnd(text, to, limit);
  at = gapEnd(text, at, limit);
  const hasSeparator = at < limit && (text.charCodeAt(at) === COLON || text.charCodeAt(at) === EQUALS);
  at = gapEnd(text, hasSeparator ? at + 1 : at, limit);
  at = quoteEnd(text, at, limit);
  if (at < limit && isBracket(text.charCodeAt(at))) at = gapEnd(text, at + 1, limit);
  reader.steps += at - to + 1;
  return { at, hasSeparator };
}

/** The place behind backslashes and a quote. */
function quoteEnd(text: string, from: number, limit: number): number {
  let at = from;
  while (at < limit && text.charCodeAt(at) === BACKSLASH) at++;
  const code = text.charCodeAt(at);
  return at < limit && (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) ? at + 1 : at;
}

function gapEnd(text: string, from: number, limit: number): number {
  let at = from;
  while (at < limit && (text.charCodeAt(at) === BLANK || text.charCodeAt(at) === TAB)) at++;
  return at;
}

/** `(`, `<`, `[`, `{`. */
const isBracket = (code: number): boolean => code === 40 || code === 60 || code === 91 || code === 123;

/** Whether keyEnd may find a key, without reading on to its end. */
function mayBeKey(pass: Pass, from: number): boolean {
  const { text, reader } = pass;
  const start = text.startsWith("0x", from) ? from + 2 : from;
  if (isPair(pass, start)) return true;
  const hexEnd = reader.runEnd(start, isHex, HEX_WORD_MIN);
  return hexEnd - start >= HEX_WORD_MIN || reader.runEnd(hexEnd, isBase64, WORD_MIN) - start >= WORD_MIN;
}

/** The end of bytes in hexadecimal, or of a word that is long enough for a key; `from` if neither begins there. */
function keyEnd(pass: Pass, from: number): number {
  const { text, reader } = pass;
  const start = text.startsWith("0x", from) ? from + 2 : from;
  if (isPair(pass, start) && /[ :,-]/.test(text[start + 2] ?? "")) {
    if (!BYTES.test(reader.ahead(start))) return from;
    return bytesEnd(pass, start);
  }
  if (reader.runEnd(start, isHex, HEX_WORD_MIN) - start >= HEX_WORD_MIN) {
    const end = reader.runEnd(start, isHex);
    if (!isBase64(reader.code(end)) || text[end] === "-") return end;
  }
  if (reader.runEnd(start, isBase64, WORD_MIN) - start < WORD_MIN) return from;
  const end = reader.runEnd(start, isBase64);
  return reader.runEnd(end, (code) => code === 61, 2);
}

function isPair(pass: Pass, at: number): boolean {
  const { reader } = pass;
  return isHex(reader.code(at)) && isHex(reader.code(at + 1)) && !isHex(reader.code(at + 2));
}

function bytesEnd(pass: Pass, from: number): number {
  let end = from;
  for (let at = from; isPair(pass, at); ) {
    end = at + 2;
    const separator = pass.text[end];
    if (separator === undefined || !" :,-".includes(separator)) break;
    at = end + 1;
    if (pass.text[at] === " ") at++;
  }
  pass.reader.steps += end - from;
  return end;
}
