// Finds secrets in one pass from the beginning of a text to its end: reads identifiers, marks and the beginnings of
// arguments, and asks for each the recognisers that it may concern. Every recogniser keeps to the rule of reader.ts, which makes
// the whole linear. Which secrets there are is in their files.

import { recogniseField } from "./audit.ts";
import { hidesBehindPercent, recogniseArgument, recogniseOption, recogniseProgram } from "./commands.ts";
import { recogniseCrypt, recogniseHashScheme, recogniseHexWord } from "./hashes.ts";
import { HEADER_WORDS, recogniseHeader, recogniseScheme } from "./headers.ts";
import { recogniseEnctype, recogniseKey, recogniseKeyBytes } from "./key-material.ts";
import { recogniseName, recogniseValueName } from "./pairs.ts";
import { Pass } from "./pass.ts";
import { LEAD_WORDS, recognisePhrase, recogniseProof, recogniseSend, recogniseSql } from "./phrases.ts";
import { PROGRAMS } from "./programs.ts";
import { isBase64, isBlank, isHex, isIdent, LINE_FEED } from "./reader.ts";
import { type Edit, hideSpans, MASK, type Scrubbed } from "./span.ts";
import { endCommands, endPipe, endProgram, hidesHereDocument, hidesHereString } from "./standard-input.ts";
import { recogniseLongWord, recogniseToken } from "./tokens.ts";
import { recogniseLogin, recogniseSlashLogin, recogniseUrl } from "./urls.ts";
import { advance, makeAutomaton } from "./words.ts";

const NAME = 1;
const PROGRAM = 2;
const KEY = 4;
const VALUE = 8;
const HEADER = 16;
const ENCTYPE = 32;
const OTHER = 64;
const SCHEME = 128;
const LEAD = 256;

const words = (kind: number, list: string) => list.split(" ").map((word) => [word, kind] as const);

/** An identifier must contain one of these words before any recogniser looks at it more closely. */
export const WORDS: readonly (readonly [string, number])[] = [
  ...words(
    NAME,
    "pass pwd pswd pword secret token bearer psk pw otp pin community securestring jwt cred kennwort wachtwoord motdepasse contrasena senha auth signature sas pin otp credential masterauth storepass",
  ),
  ...words(NAME | KEY, "key hash owf response"),
  ...words(VALUE, "value val string data content default text literal plaintext current"),
  ...words(HEADER, HEADER_WORDS),
  ...words(SCHEME, "bearer basic negotiate ntlm kerberos digest token apikey"),
  ...words(ENCTYPE, "aes128 aes256 arcfour rc4hmac descbc des3cbc camellia"),
  ...words(OTHER, "user username sig identified thin stdin fd send auth addkey"),
  ...words(LEAD, LEAD_WORDS),
  ...[...PROGRAMS.keys()].map((name) => [name, PROGRAM] as const),
];
const AUTOMATON = makeAutomaton(WORDS);

const DEPTH_MAX = 2;
/** Shorter ones hold no name and no secret: `pw=x`. */
const TEXT_MIN = 4;
const TOKEN_MIN = 11;
const SIGNATURE_MIN = 20;
const DASH = 45;
const LETTER_V = 118;
const CASE_BIT = 32;
const USER_NAMES = /^(?:-{0,2}(?:\w{1,20}_)?user(?:name)?|uid|login)$/i;

/**
 * The text without what this pass finds, and what was found before; yields after each piece of work.
 * @param pieceLength in characters.
 */
export function* searchOnce(
  text: string,
  pieceLength: number,
  found: readonly Edit[] = [],
  depth = 0,
): Generator<Pass, Scrubbed, void> {
  const pass = new Pass(text, depth);
  for (const edit of found) pass.edits.push(edit);
  while (pass.at < text.length) {
    run(pass, Math.min(text.length, pass.at + pieceLength));
    yield pass;
  }
  if (pass.edits.length === 0) return { text, count: 0 };
  const hiding = hideSpans(text, pass.edits);
  for (;;) {
    const step = hiding.next();
    if (step.done) return step.value;
    yield pass;
  }
}

// --- internal ---

function searchWithin(pass: Pass, text: string): Scrubbed {
  if (pass.depth >= DEPTH_MAX || text.length < TEXT_MIN) return { text, count: 0 };
  const search = searchOnce(text, Number.POSITIVE_INFINITY, [], pass.depth + 1);
  for (;;) {
    const step = search.next();
    if (step.done) return step.value;
    pass.reader.steps += step.value.reader.steps;
  }
}

function run(pass: Pass, limit: number): void {
  const { text } = pass;
  while (pass.at < limit) {
    const { at } = pass;
    const code = text.charCodeAt(at);
    if (pass.commands.length > 0 && !isBlank(code) && code !== LINE_FEED && beginsArgument(pass, at)) {
      if (recogniseArgument(pass, at)) continue;
    }
    if (isIdent(code)) identifier(pass, at);
    else {
      if (code !== LINE_FEED || !keepsCommands(pass, at)) mark(pass, at, code);
      if (code === LINE_FEED) pass.lineStart = at + 1;
      if (pass.at === at) pass.at = at + 1;
    }
    pass.reader.steps++;
  }
}

/** A blank, a NUL, the quote of a list or the end of the last secret stands before it. */
function beginsArgument(pass: Pass, at: number): boolean {
  const before = pass.text.charCodeAt(at - 1);
  if (isBlank(before) || before === LINE_FEED) return pass.text.charCodeAt(at) !== 44;
  return before === 44 && (pass.text[at] === '"' || pass.text[at] === "'" || pass.text[at] === "\\");
}

/** A list of strings goes on in the next line. */
function keepsCommands({ text, commands, reader }: Pass, feed: number): boolean {
  if (commands.length === 0) return false;
  const last = text[feed - 1];
  if (last === "\\" || last === ",") return true;
  const next = reader.skipBlanks(feed + 1);
  return text.charCodeAt(next) === DASH && text.charCodeAt(next + 1) === 32;
}

function mark(pass: Pass, at: number, code: number): void {
  const { text } = pass;
  switch (code) {
    case LINE_FEED:
      endCommands(pass);
      pass.piped = [];
      pass.echoed = [];
      break;
    case 47: // a slash
      if (text.charCodeAt(at + 1) === 47 && recogniseUrl(pass, at)) break;
      beginLongWord(pass, at);
      break;
    case 64: // @
      recogniseLogin(pass, at);
      break;
    case 36: // $
      recogniseCrypt(pass, at);
      break;
    case 91: // [
      if (text.startsWith(MASK, at)) pass.hide(at, at + MASK.length);
      break;
    case 123: // {
      recogniseHashScheme(pass, at);
      break;
    case 125: // }
      pass.valueAt = -1;
      break;
    case 124: // |
      endPipe(pass, at);
      break;
    case 59: // ;
      if (isBlank(text.charCodeAt(at + 1))) endProgram(pass, at);
      break;
    case 38: // &
      if (text.charCodeAt(at + 1) === 38) endCommands(pass);
      break;
    case 60: // <
      if (text.startsWith("<<<", at)) hidesHereString(pass, at);
      else if (text.startsWith("<<", at) && text[at - 1] !== "<") hidesHereDocument(pass, at);
      break;
    case 43: // + begins no identifier, but words of base64 as / does
      beginLongWord(pass, at);
      break;
  }
}

function beginLongWord(pass: Pass, at: number): boolean {
  return at >= pass.wordEnd && !isBase64(pass.text.charCodeAt(at - 1)) && recogniseLongWord(pass, at);
}

function identifier(pass: Pass, from: number): void {
  const { text } = pass;
  if (beginLongWord(pass, from)) return;
  let to = from;
  let kinds = 0;
  let state = 0;
  for (; to < text.length; to++) {
    const code = text.charCodeAt(to);
    if (!isIdent(code)) break;
    state = advance(AUTOMATON, state, code);
    kinds |= AUTOMATON.kinds[state] ?? 0;
  }
  // As a part of other words it would bring half of them to the recognisers.
  if (to - from === 1 && (text.charCodeAt(from) | CASE_BIT) === LETTER_V) kinds |= VALUE;
  pass.reader.steps += to - from;
  if (!judgeIdentifier(pass, from, to, kinds)) pass.at = Math.max(pass.at, to);
  if (kinds & LEAD || pass.at > to) pass.leadEnd = pass.at;
}

/** True if a recogniser has hidden something. */
function judgeIdentifier(pass: Pass, from: number, to: number, kinds: number): boolean {
  const { text } = pass;
  const before = pass.at;
  if (kinds & PROGRAM && recogniseProgram(pass, from, to)) return false;
  if (text.charCodeAt(from) === DASH && recogniseOption(pass, from, to)) return true;
  if (to - from >= TOKEN_MIN && recogniseToken(pass, from, to)) return true;
  if (kinds & HEADER && recogniseHeader(pass, from, to)) return true;
  if (kinds & SCHEME && recogniseScheme(pass, from, to)) return true;
  if (kinds & KEY && recogniseKeyBytes(pass, from, to)) return true;
  if (kinds & NAME && (recogniseName(pass, from, to) || recognisePhrase(pass, from, to))) return true;
  if (kinds & KEY && recogniseKey(pass, from, to)) return true;
  if (kinds & ENCTYPE && recogniseEnctype(pass, from, to)) return true;
  if (kinds & VALUE && recogniseValueName(pass, from, to)) return true;
  if (kinds & OTHER && recogniseOther(pass, from, to)) return true;
  if (recogniseForm(pass, from, to)) return true;
  return recogniseField(pass, from, to, searchWithin) || pass.at > before;
}

/** By its form, whatever it is called. */
function recogniseForm(pass: Pass, from: number, to: number): boolean {
  if (to - from < TOKEN_MIN && to - from > 1 && recogniseToken(pass, from, to)) return true;
  const isHash = (to - from === 16 || to - from === 32 || to - from === 48) && pass.text[to] === ":";
  return isHash && pass.reader.runEnd(from, isHex, to - from) === to && recogniseHexWord(pass, from, to);
}

function recogniseOther(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  const name = text.slice(from, Math.min(to, from + 32));
  if (/^identified$/i.test(name)) return recogniseSql(pass, to);
  if (recogniseProof(pass, from, to) || recogniseSend(pass, from, to)) return true;
  if (name === "thin") return recogniseSlashLogin(pass, to);
  if (text[to] !== "=") return false;
  if (USER_NAMES.test(name)) return hidesBehindPercent(pass, to + 1);
  // Shared access signatures of Azure; the audit log names signals like this.
  if (name !== "sig") return false;
  const isSignature = (code: number) => isBase64(code) || code === 37 || code === 61;
  if (
    reader.runEnd(to + 1, isSignature, SIGNATURE_MIN) - to - 1 < SIGNATURE_MIN &&
    reader.runEnd(to + 1, isSignature, SIGNATURE_MIN) < text.length
  )
    return false;
  pass.hide(to + 1, reader.runEnd(to + 1, isSignature));
  return true;
}
