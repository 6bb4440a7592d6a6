// Finds secrets in phrases: prompts (`Password for joe: …`), netrc (`login joe password …`), SQL (`IDENTIFIED BY '…'`),
// and a name with a quoted word behind it. pairs.ts handles names with a separator.

import { judgeName } from "./names.ts";
import type { Pass } from "./pass.ts";
import { isBlank, isIdent, isQuote, isShown, LINE_FEED, LOOK_MAX } from "./reader.ts";
import { MASK } from "./span.ts";
import { readLine, readValue } from "./values.ts";

/** Words behind a name and a blank that make it a word of prose. */
const PROSE =
  /^(?:for|of|is|was|were|are|has|had|have|in|on|at|to|from|by|not|no|and|or|with|without|must|may|can|cannot|could|will|would|should|does|did|do|as|a|an|the|this|that|it|its|too|than|then|when|if|but|be|been|being|only|again|already|incorrect|wrong|invalid|valid|expired|required|requests?|changed?|updated?|failed|failure|failures|fails|accepted|rejected|denied|mismatch|mismatched|missing|empty|authentication|check|checking|database|file|files|hash|hashes|policy|prompt|reset|set|server|manager|aging|expiry|expires|entered|supplied|provided|given|needed|found|string|strings|value|field|length|auth|login|attempts?|error|errors|ok|okay|hidden|stored|synchronisation|synchronization|sync|protected|type|prompts?|hint|store|agent|service|list|word|input|entry|data|name|id)\b/i;
const PROMPT =
  /^ (?:for|of|für|pour|para|per) (?:key |user |account |host )?(?:\\*["'][^"'\n]{1,60}["']|[^\s:'"]{1,60}(?:(?: [^\s:'"]{1,30}){0,2}))(?:@["'`]?[\w.%-]{1,60}["'`]?)?(?:'s)?(?:: (?=\S)| ?:?= ?(?=[^\s=]))|^ ?[([][^)\]\n]{1,40}[)\]] ?: (?=\S)/i;
const WITH_BEFORE =
  /(?:^|\s)(?:setenv|setx?|env|export|with|using|config|configure|fastcgi_param|proxy_set_header|add_header|snmp-server)\s+$/i;
const LOGIN_BEFORE =
  /(?:^|\s)(?:login|machine|user|account|username)[ \t\r\n]+[^\s]{1,60}[ \t\r\n]+(?:[/,;|] *)?$/i;
const IS =
  /^ (?:(?:for|of) [^\s:]{1,60}(?: [^\s:]{1,60})? )?(?:is|was)(?: now| still)?:? +(?=["']?\S*[^a-z\s.,;]\S*)/i;
/** The first characters of PROMPT and IS, behind a blank. */
const SPOKEN_FIRST = new Set([..."fFoOpPiIwW[("].map((char) => char.charCodeAt(0)));
/** The words that LOGIN_BEFORE and WITH_BEFORE require, without the marks in them. */
export const LEAD_WORDS =
  "login machine user account username setenv set setx env export with using config configure fastcgiparam proxysetheader addheader snmpserver";
const AHEAD_MAX = 2 * LOOK_MAX;
const INDENT_MAX = 16;
const SECURE_STRING = "securestring";
const DASH = 45;
const BAR = 124;
const OTHER_THAN_LETTERS = /[^a-z.,;:!?'"()\s-]/i;

const SASL =
  /^ (?:PLAIN|LOGIN|XOAUTH2|CRAM-MD5|NTLM|GSSAPI|EXTERNAL|OAUTHBEARER)[ ](?=[\w+/]{6,}={0,2}(?:\s|$))(?=\S*[\d=]|[a-z]+[A-Z])/;
const ADD_KEY = /^\("[^"\n]{0,40}", "[^"\n]{0,60}", (?=")/;

/**
 * Finds SMTP's and IMAP's `AUTH PLAIN …`, HAProxy's `stats auth joe:…`, strace's `add_key("logon", "cifs:a:…",
 * "joe:…")`.
 */
export function recogniseProof(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  const name = text.slice(from, Math.min(to, from + 13));
  if (name === "add_key") {
    const payload = ADD_KEY.exec(reader.ahead(to, 2 * LOOK_MAX))?.[0];
    return payload !== undefined && pass.hideValue(readValue(reader, to + payload.length, "item"));
  }
  if (!/^auth(?:enticate)?$/i.test(name)) return false;
  const mechanism = SASL.exec(reader.ahead(to))?.[0];
  if (mechanism !== undefined) return pass.hideValue(readValue(reader, to + mechanism.length, "word"));
  if (!/(?:^|\s)stats $/.test(reader.before(from, pass.floor))) return false;
  const user = /^ [^\s:]{1,40}:/.exec(reader.ahead(to))?.[0];
  return user !== undefined && pass.hideValue(readValue(reader, to + user.length, "word"));
}

const CODE = /^(?:[ _-](?:code|password|token|pin))?[ \t]*(?:is |[:=]?)[ \t]*(?=\d{4,10}(?:\D|$))/i;
const EXPECT = /^[ \t]+(?:-- )?"(?=[^\s"]{4,60}\\[rn]")/;

/** Finds `send "…\r"` of expect: one word and the return key. */
export function recogniseSend(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  if (text.slice(from, to) !== "send") return false;
  const gap = EXPECT.exec(reader.ahead(to))?.[0];
  if (gap === undefined) return false;
  const start = to + gap.length;
  const end = reader.next('"', start) - 2;
  if (!/\d|[^\w-]|[a-z][A-Z]/.test(text.slice(start, end))) return false;
  pass.hide(start, end);
  return true;
}

/** Handles the name of a secret without a separator or an option. */
export function recognisePhrase(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  if (!isBlank(text.charCodeAt(to)) || text.charCodeAt(to) === 0) {
    if (judgeName(pass.name(from, to)) === undefined) return false;
    if (text[to] === "(" && isQuote(text.charCodeAt(to + 1)))
      return pass.hideValue(readValue(reader, to + 1, "item"));
    return text[to] === "[" && hidesRandomWord(pass, pass.name(from, to), to, LOOK_MAX);
  }
  const name = pass.name(from, to);
  if (judgeName(name) === undefined) return false;
  const spoken = recogniseSpoken(pass, name, to);
  if (spoken !== undefined) return spoken;
  const start = reader.skipBlanks(to);
  if (isQuote(text.charCodeAt(start))) return hidesQuoted(pass, start);
  // A mask has no digit in it.
  if (!text.startsWith(MASK, start) && hidesRandomWord(pass, name, to, AHEAD_MAX)) return true;
  const isLed = from - pass.leadEnd <= LOOK_MAX;
  if (!isLed && from - pass.lineStart > INDENT_MAX) return false;
  const first = text.charCodeAt(start);
  if (first === BAR || (isIdent(first) && PROSE.test(text.slice(start, start + 24)))) return false;
  if (isLed) {
    const before = reader.before(from, pass.floor);
    if (LOGIN_BEFORE.test(before) || WITH_BEFORE.test(before))
      return pass.hideValue(readValue(reader, start, "word"));
  }
  return isWholeLine(pass, from, start) && pass.hideValue(readValue(reader, start, "word"));
}

/** Finds the secret behind `identified` in SQL. */
export function recogniseSql(pass: Pass, to: number): boolean {
  const gap = /^\s+(?:WITH\s+\S{1,30}\s+)?(?:BY|AS|USING)\s+(?:PASSWORD\s+)?(?=["'])/i.exec(
    pass.reader.ahead(to),
  )?.[0];
  return gap !== undefined && pass.hideValue(readValue(pass.reader, to + gap.length, "item"));
}

// --- internal ---

/** Hides all quoted words in a row, because the last one is the secret: `auth "server" "joe" "…"` of smbnetfs. */
function hidesQuoted(pass: Pass, start: number): boolean {
  const { text, reader } = pass;
  if (!pass.hideValue(readValue(reader, start, "item"))) return false;
  for (let next = reader.skipBlanks(pass.at); next > pass.at; next = reader.skipBlanks(pass.at)) {
    if (!isQuote(text.charCodeAt(next)) || !pass.hideValue(readValue(reader, next, "item"))) break;
  }
  return true;
}

/**
 * A random word behind a password's name and a blank, also in brackets, in a table cell, or behind the number of an
 * encoding.
 */
const RANDOM_WORD =
  /^(?:[ \t]+(?:is |was )?)?(?:[[<{(|][ \t]*|\d{1,2} (?=\S{5}))?(?!0x|v\d[\d.]*(?:(?:alpha|beta|rc)\d*)?(?![a-z\d]))(?=[^\s[\]<>{}():=/]*\d)(?=[^\s[\]<>{}():=/]*[a-z])[^\s[\]<>{}():=/,;"'|]{6,}(?=[\s\]>}),;.|]|$)/i;
const WITH_UNIT = /^\d+[a-z]{1,7}$/i;

function hidesRandomWord(pass: Pass, name: string, to: number, most: number): boolean {
  if (judgeName(name) !== "secret" || !/pass(?:w|_?phrase|_?code)|secret|pwd/i.test(name)) return false;
  const whole = RANDOM_WORD.exec(pass.reader.ahead(to, most))?.[0];
  const word = whole === undefined ? undefined : /[^\s[<{(|]+$/.exec(whole)?.[0];
  if (whole === undefined || word === undefined || WITH_UNIT.test(word)) return false;
  pass.hide(to + whole.length - word.length, to + whole.length);
  return true;
}

/** Hides the value unless it consists of letters alone: `the password is wrong` has no secret. */
function hidesProse(pass: Pass, start: number): boolean {
  const value = readValue(pass.reader, start, "item");
  if (value === undefined) return false;
  if (!OTHER_THAN_LETTERS.test(pass.text.slice(value.from, Math.min(value.to, value.from + 64))))
    return false;
  return pass.hideValue(value);
}

/** Handles words behind a name that announce its value. Undefined if there are none. */
function recogniseSpoken(pass: Pass, name: string, to: number): boolean | undefined {
  const { text, reader } = pass;
  if (name.length >= SECURE_STRING.length && text.charCodeAt(reader.skipBlanks(to)) === DASH) {
    const isString = name.toLowerCase().endsWith(SECURE_STRING);
    const string = isString
      ? /^[ \t]+-String[ \t]+(?=\S)/i.exec(reader.ahead(to, AHEAD_MAX))?.[0]
      : undefined;
    if (string !== undefined) return pass.hideValue(readValue(reader, to + string.length, "word"));
  }
  const code =
    name.length <= 4 && /^t?otp$/i.test(name) ? CODE.exec(reader.ahead(to, AHEAD_MAX))?.[0] : undefined;
  if (code !== undefined) return pass.hideValue(readValue(reader, to + code.length, "item"));
  // Most words are none of these, and are not matched at all.
  if (!SPOKEN_FIRST.has(text.charCodeAt(to + 1))) return undefined;
  const ahead = reader.ahead(to, AHEAD_MAX);
  const prompt = PROMPT.exec(ahead)?.[0];
  if (prompt !== undefined) {
    const at = to + prompt.length;
    return pass.hideValue(
      prompt.trimEnd().endsWith("=") ? readValue(reader, at, "item") : readLine(reader, at),
    );
  }
  const is = IS.exec(ahead)?.[0];
  return is === undefined ? undefined : hidesProse(pass, to + is.length);
}

/** Whether the line consists of a name and one word, as in netrc and the settings of many servers. */
function isWholeLine(pass: Pass, from: number, start: number): boolean {
  const { text, reader } = pass;
  if (from - pass.lineStart > INDENT_MAX || !/^\s*$/.test(text.slice(pass.lineStart, from))) return false;
  const word = reader.runEnd(start, isShown, 128);
  const end = reader.skipBlanks(word);
  return word > start && (end >= text.length || text.charCodeAt(end) === LINE_FEED);
}
