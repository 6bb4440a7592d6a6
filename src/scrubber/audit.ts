// Finds secrets in records of the audit log. In these records texts with blanks are in hexadecimal, and each argument
// of a command line is a field of its own. The texts are decoded, searched and, if they hold a secret, encoded again.

import type { Pass } from "./pass.ts";
import { isBlank, isHex, isQuote } from "./reader.ts";
import { MASK, type Scrubbed } from "./span.ts";

/** Searches a text within the text. */
export type Search = (pass: Pass, text: string) => Scrubbed;

const TEXT_FIELDS: ReadonlySet<string> = new Set(
  "proctitle cmd comm exe cwd name acct data key vm path old new op".split(" "),
);
const FIELD_MAX = 9;
const FIELD_FIRST = new Set(
  [...TEXT_FIELDS].flatMap((name) => [name.charCodeAt(0), name.charCodeAt(0) - 32]),
);
const HEX_MIN = 6;
/** The kernel cuts a record before 9,000 characters (MAX_AUDIT_MESSAGE_LENGTH, linux/audit.h of 6.12). */
const ARGUMENTS_MAX = 64 << 10;
const RECORD = /^[^\n"]{0,100}audit\([\d.:]{1,40}\): ?(?=a\d{1,4}(?:\[\d{1,4}\])?=)/;
const RECORD_MAX = 160;
const ARGUMENT = /^a\d{1,4}$/;
/** Characters that a keyboard sends and that texts do not contain. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys are control characters.
const KEYSTROKES = /[\x01-\x08\x0b-\x1a\x7f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: so is the end of an argument.
const TEXT = /^[\x20-\x7e\0\t\n\r\x1b\x80-\xff\x01-\x1a\x7f]+$/;

/** The identifier is a field that may hold a text. */
export function recogniseField(pass: Pass, from: number, to: number, search: Search): boolean {
  const { text, reader } = pass;
  // Most identifiers go no further.
  if (to - from > FIELD_MAX || !FIELD_FIRST.has(text.charCodeAt(from))) return false;
  const isPart = text[to] === "[";
  if (!isPart && (text[to] !== "=" || !(isHex(text.charCodeAt(to + 1)) || text[to + 1] === '"')))
    return false;
  const name = text.slice(from, to).toLowerCase();
  if (ARGUMENT.test(name)) return hidesArguments(pass, from, search);
  if (isPart || !TEXT_FIELDS.has(name)) return false;
  const start = to + 1;
  if (name === "data" && text[start] === '"') return hidesKeys(pass, start);
  const end = reader.runEnd(start, isHex);
  if (end - start < HEX_MIN || (end - start) % 2 !== 0 || !isFieldEnd(pass, end)) return false;
  // No record is that long, and searching it would take too long for one time slice.
  if (end - start > ARGUMENTS_MAX) {
    pass.hide(start, end);
    return true;
  }
  const decoded = decode(text.slice(start, end));
  if (decoded === undefined) return false;
  // Typed text may be a password without a name.
  if (name === "data") {
    if (!KEYSTROKES.test(decoded) && !/tty|comm=|pid=/.test(reader.before(from, pass.lineStart)))
      return false;
    pass.hide(start, end);
    return true;
  }
  const { text: clean, count } = decoded.includes("\0")
    ? searchArguments(pass, decoded, search)
    : search(pass, decoded);
  if (count > 0) pass.hide(start, end, end, encode(clean), count);
  else pass.at = Math.max(pass.at, end);
  return true;
}

// --- internal ---

interface Argument {
  readonly from: number;
  to: number;
  value: string;
  readonly isHex: boolean;
}

/** Searches all arguments of a record as one command line. */
function hidesArguments(pass: Pass, from: number, search: Search): boolean {
  const args = readArguments(pass, from);
  const end = args.at(-1)?.to ?? from;
  if (end === from) return false;
  const { text: clean } = searchArguments(pass, args.map(({ value }) => value).join("\0"), search);
  const values = clean.split("\0");
  for (const [index, { from, to, value, isHex: wasHex }] of args.entries()) {
    const shown = values.length === args.length ? (values[index] as string) : index === 0 ? value : MASK;
    if (shown === value) continue;
    const secrets = Math.max(1, shown.split(MASK).length - value.split(MASK).length);
    pass.hide(from, to, to, wasHex && shown !== MASK ? encode(shown) : shown, secrets);
  }
  pass.at = Math.max(pass.at, end);
  return true;
}

/** A stand-in for blanks: it is not a blank, and no argument contains it. ASCII's unit separator. */
const INNER_BLANK = "\x1f";
/**
 * An argument whose blanks belong to its value: `joe%hun ter2`, `password=hun ter2`, but not `mount -o
 * password=hunter2`.
 */
const IS_VALUE = /^[^ ]{0,4096}[=%:]/;

/** Searches arguments with NUL between them: a blank within an argument does not end a value. */
function searchArguments(pass: Pass, line: string, search: Search): Scrubbed {
  const args = line.split("\0").map((arg) => (IS_VALUE.test(arg) ? arg.replaceAll(" ", INNER_BLANK) : arg));
  const { text, count } = search(pass, args.join("\0"));
  return { text: text.replaceAll(INNER_BLANK, " "), count };
}

/** The fields from here on: a0="x" a1=78 a2_len=3 a2[0]=78 a2[1]=78. */
function readArguments(pass: Pass, from: number): readonly Argument[] {
  const { text, reader } = pass;
  const args: Argument[] = [];
  let last = "";
  for (let at = from; ; ) {
    const name = /^(a\d{1,4})(?:_len=\d{1,9}|(?:\[\d{1,4}\])?=)/.exec(text.slice(at, at + 24));
    if (name === null) break;
    let value = at + name[0].length;
    if (!name[0].includes("_len")) {
      const isQuoted = text[value] === '"';
      if (isQuoted) value++;
      const end = isQuoted
        ? Math.min(reader.next('"', value), reader.lineEnd(value))
        : reader.runEnd(value, isWordCode);
      const raw = text.slice(value, end);
      const decoded = isQuoted ? raw : (decode(raw) ?? raw);
      const previous = args.at(-1);
      const isPart = name[0].includes("[") && name[1] === last && previous !== undefined;
      if (isPart && previous.isHex !== isQuoted) {
        previous.value += decoded;
        previous.to = end;
      } else args.push({ from: value, to: end, value: decoded, isHex: !isQuoted && decoded !== raw });
      last = name[1] as string;
      at = isQuoted ? end + 1 : end;
    } else at = value;
    const next = nextField(pass, at);
    if (next === at || next - from > ARGUMENTS_MAX) break;
    at = next;
  }
  return args;
}

/**
 * The next field: behind blanks, or in the next record of the same command, which the kernel begins when one is full.
 */
function nextField({ text, reader }: Pass, at: number): number {
  const next = reader.skipBlanks(at);
  if (text[next] !== "\n") return next;
  const start = text.slice(next + 1, next + 1 + RECORD_MAX);
  return next + 1 + (RECORD.exec(start)?.[0].length ?? at - next - 1);
}

/** Hides typed text in the form of ausearch: "sudo",<ret>,"…". */
function hidesKeys(pass: Pass, start: number): boolean {
  if (!/^"[^"]*",</.test(pass.reader.ahead(start)) && !/^<?\w*>?"/.test("")) return false;
  pass.hide(start, pass.reader.lineEnd(start));
  return true;
}

const isWordCode = (code: number): boolean => !isBlank(code) && code !== 10 && !Number.isNaN(code);

function isFieldEnd(pass: Pass, at: number): boolean {
  const code = pass.text.charCodeAt(at);
  return Number.isNaN(code) || isBlank(code) || code === 10 || isQuote(code) || code === 29;
}

/** Decodes bytes as Latin-1, so that encoding gives the same bytes again; undefined if they are not text. */
function decode(hex: string): string | undefined {
  if (hex.length < 2 || hex.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(hex)) return undefined;
  const text = Buffer.from(hex, "hex").toString("latin1");
  return TEXT.test(text) ? text : undefined;
}

function encode(text: string): string {
  return Buffer.from(text, "latin1").toString("hex").toUpperCase();
}
