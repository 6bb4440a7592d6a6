// Finds secrets on command lines: options with attached or separate arguments, between blanks or NULs, or as a list of
// strings. programs.ts has the options of each program; an option with the name of a secret (`--client-secret`) needs
// none.

import { judgeName } from "./names.ts";
import type { Command, Pass } from "./pass.ts";
import { type Pattern, PROGRAMS } from "./programs.ts";
import { isBlank, isIdent, isShown, LINE_FEED, LOOK_MAX } from "./reader.ts";
import { hidesPiped } from "./standard-input.ts";
import { quoteAt, readValue, type Value } from "./values.ts";

const COMMANDS_MAX = 4;
const WORDS_MAX = 6;
const WORD_MAX = 40;
const BLANK = 32;
const DASH = 45;
const COLON = 58;
const EQUALS = 61;
const OPEN_BRACKET = 91;
const CAPITAL_U = 85;
const USER_MAX = 128;
/** Words that name a secret only as an option. */
const OPTION_ONLY =
  /^--?(?:pass(?:in|out)?|pw|pin|otp|sas|key|auth-?key|user-?pin|so-?pin|new-?pass\w*|old-?pass\w*|admin-?pass\w*|.*-(?:pass|pw|pin)|from-literal|storepass|keypass|srcstorepass|deststorepass)$/i;
const PERCENT_OPTION = /^--user(?:name)?$/;

const NET_USER = /^(?:add|delete|remove|info|rename|edit|list|disable|enable|help)$/i;
/** Redirections are not arguments. */
const REDIRECTION = /^(?:\d?[<>]|[|&])/;

/** The characters that may end, and precede, the name of a program. */
const END_OF_PROGRAM = /[\n)`;]/;
const BEFORE_PROGRAM = /[\s\0/"'`(|;&=[:]/;

/** The identifier is the name of a program that has rules. */
export function recogniseProgram(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  const program = PROGRAMS.get(pass.name(from, to));
  if (program === undefined) return false;
  // A repeated name is an argument: htpasswd -b /etc/htpasswd.
  for (const command of pass.commands) if (command.program === program) return false;
  if (from > 0 && text.charCodeAt(from - 1) !== BLANK && !BEFORE_PROGRAM.test(text[from - 1] as string))
    return false;
  const end = text[to] === "." ? reader.runEnd(to + 1, isIdent, 8) : to;
  const behind = quoteAt(reader, end)?.from ?? end;
  if (behind === end && !isBlank(reader.code(end)) && !END_OF_PROGRAM.test(text[end] ?? "\n")) return false;
  // A setting: passwd = x.
  const next = reader.skipBlanks(behind);
  if (next > end && isSetting(text.charCodeAt(next), text.charCodeAt(next + 1))) return false;
  if (pass.commands.length === COMMANDS_MAX) pass.commands.pop();
  pass.commands.push({ program, words: [], from: end, skipsNext: false, flags: "" });
  pass.at = Math.max(pass.at, end);
  if (program.stdin?.length === 0) hidesPiped(pass);
  return true;
}

/** An argument begins here, behind a program that has rules. */
export function recogniseArgument(pass: Pass, at: number): boolean {
  const quote = quoteAt(pass.reader, at);
  const start = quote?.from ?? at;
  for (const command of pass.commands) {
    if (at < command.from) continue;
    if (command.skipsNext) command.skipsNext = false;
    else if (hidesOption(pass, command, start) || hidesWord(pass, command, at, start)) return true;
  }
  return false;
}

/** An identifier that begins with a dash. */
export function recogniseOption(pass: Pass, from: number, to: number): boolean {
  const { text } = pass;
  const name = text.slice(from, Math.min(to, from + LOOK_MAX));
  const first = text.charCodeAt(from + 1);
  if (first === CAPITAL_U || (first === DASH && PERCENT_OPTION.test(name))) {
    if (hidesBehindPercent(pass, name.startsWith("-U") && name.length > 2 ? from + 2 : argumentAt(pass, to)))
      return true;
  }
  if (name.endsWith("stdin") || name.endsWith("fd")) return hidesPiped(pass);
  if (judgeName(name) === undefined && !OPTION_ONLY.test(name)) return false;
  return hidesArgument(pass, to);
}

/** `user=joe%secret` of mount and of Samba. */
export function hidesBehindPercent(pass: Pass, start: number | undefined): boolean {
  if (start === undefined) return false;
  const { text, reader } = pass;
  const quote = quoteAt(reader, start);
  const user = quote?.from ?? start;
  const isUserCode = (code: number) =>
    code !== 37 && code > 31 && (quote !== undefined || (code !== 32 && code !== 44)) && code !== quote?.code;
  const percent = reader.runEnd(user, isUserCode, USER_MAX);
  if (text[percent] !== "%") return false;
  if (quote === undefined) {
    const isArgument = text.charCodeAt(start - 1) === 0;
    return pass.hideValue(
      isArgument ? argumentOf(pass, percent + 1) : readValue(reader, percent + 1, "item"),
    );
  }
  const value = readValue(reader, start, "item");
  if (value === undefined || value.to <= percent + 1) return false;
  pass.hide(percent + 1, value.to, value.next);
  return true;
}

/** The begin of the argument of an option whose name ends at `end`; undefined if there is none. */
export function argumentAt(pass: Pass, end: number): number | undefined {
  const { text, reader } = pass;
  if (text[end] === "=" || text[end] === ":") return end + 1;
  let at = quoteAt(reader, end)?.from ?? end;
  at = reader.skipBlanks(at);
  if (text[at] === ",") at = reader.skipBlanks(at + 1);
  if (text[at] === "\\" && text[at + 1] === "\n") at = reader.skipBlanks(at + 2);
  else if (text[at] === "\n") {
    const next = reader.skipBlanks(at + 1);
    if (text[next] === "-" && text[next + 1] === " ") at = reader.skipBlanks(next + 1);
    else if (quoteAt(reader, next) !== undefined && quoteAt(reader, end) !== undefined) at = next;
    else return undefined;
  }
  if (at === end) return undefined;
  const first = quoteAt(reader, at)?.from ?? at;
  return at >= text.length || text.charCodeAt(first) === DASH || text.charCodeAt(at) === LINE_FEED
    ? undefined
    : at;
}

// --- internal ---

/** `[`, or one of `=` and `:` alone. */
function isSetting(code: number, following: number): boolean {
  if (code !== EQUALS && code !== COLON) return code === OPEN_BRACKET;
  return following !== EQUALS && following !== COLON;
}

/** Reads a word of a shell; between NULs, as in /proc/PID/cmdline, everything up to the next NUL. */
function readArgument(pass: Pass, at: number): Value | undefined {
  return pass.text.charCodeAt(at - 1) === 0 ? argumentOf(pass, at) : readValue(pass.reader, at, "word");
}

function argumentOf({ reader }: Pass, from: number): Value | undefined {
  const to = Math.min(reader.next("\0", from), reader.lineEnd(from));
  return to > from ? { from, to, next: to } : undefined;
}

function hidesArgument(pass: Pass, end: number): boolean {
  const at = argumentAt(pass, end);
  if (at === undefined) return false;
  const { text } = pass;
  // The argument may have a prefix for the way in which the secret is given: pass:hunter2.
  const value = readArgument(pass, at);
  if (
    value === undefined ||
    /^(?:\||&&|;|>|<|<<<?.*|\d?>.*|true|false)$/.test(
      text.slice(value.from, Math.min(value.to, value.from + 8)),
    )
  )
    return false;
  return pass.hideValue(value);
}

function hidesOption(pass: Pass, command: Command, start: number): boolean {
  const { text, reader } = pass;
  const { program } = command;
  const isSlash = text[start] === "/" && program.isLong === true;
  if (text.charCodeAt(start) !== DASH && !isSlash) return false;
  const to = reader.runEnd(start + 1, isIdent, LOOK_MAX);
  const { letters } = program;
  if (letters && !letters.has(text.charCodeAt(start + 1)) && !letters.has(text.charCodeAt(to - 1)))
    return false;
  const name = text.slice(start, to);
  if (program.stdin?.includes(name) && hidesPiped(pass)) return true;
  if (letters === undefined && /^-[a-z]+$/i.test(name)) command.flags += name.slice(1, 8);
  if (program.behind !== undefined && !command.words.includes(program.behind)) return false;
  for (const option of program.secret ?? []) {
    const end = optionEnd(start, to, name, option, program.isLong);
    if (end === undefined) continue;
    if (end === to && !program.attachedOnly && hidesArgument(pass, end)) return true;
    if (end < to || program.attachedOnly) {
      const value = readValue(reader, end, "word");
      if (value !== undefined) return pass.hideValue(value);
    }
  }
  for (const option of program.login ?? []) {
    const end = optionEnd(start, to, name, option, program.isLong);
    if (end === undefined) continue;
    if (hidesLogin(pass, end < to ? end : argumentAt(pass, end))) return true;
  }
  if (program.plain !== undefined && name.length === 2 && program.plain.includes(name[1] as string))
    command.skipsNext = true;
  return false;
}

/** The end of the option's name: alone, at the end of a bundle (`-sSu`), or with its argument attached. */
function optionEnd(
  start: number,
  to: number,
  name: string,
  option: string,
  isLong = false,
): number | undefined {
  if (name === option) return to;
  if (isLong || option.length > 3 || option.startsWith("--") || name.startsWith("--")) return undefined;
  if (name.startsWith(option)) return start + option.length;
  const isBundle = option.length === 2 && name.length <= 6 && name.endsWith(option[1] as string);
  return isBundle && /^-[a-z]+$/i.test(name) ? to : undefined;
}

/** Hides the secret in a word that has a name and a secret. */
function hidesLogin(pass: Pass, at: number | undefined): boolean {
  if (at === undefined) return false;
  const { text, reader } = pass;
  const value = readArgument(pass, at);
  if (value === undefined) return false;
  const separator = reader.runEnd(
    value.from,
    (code) => code !== 58 && code !== 37 && code !== 44,
    Math.min(USER_MAX, value.to - value.from),
  );
  if (separator >= value.to || !/[:%,]/.test(text[separator] as string)) return false;
  const inner = readValue(reader, separator + 1, "word");
  const isQuoted = inner !== undefined && inner.from > separator + 1 && inner.next >= value.to;
  if (isQuoted) pass.hideValue(inner);
  else pass.hide(separator + 1, value.to, value.next);
  return true;
}

function hidesWord(pass: Pass, command: Command, at: number, start: number): boolean {
  const { text, reader } = pass;
  const { program, words } = command;
  if (words.length >= WORDS_MAX || !program.hasWords) return false;
  if (text.charCodeAt(start) === DASH || REDIRECTION.test(text.slice(start, start + 2))) return false;
  const previous = words.at(-1);
  for (const pattern of program.patterns) {
    const form = matchWords(pattern, command);
    if (form === undefined) continue;
    const value = readValue(reader, at, "word");
    if (value === undefined) continue;
    words.push("");
    if (form === "!") return pass.hideValue(value);
    if (value.to - value.from > USER_MAX) continue;
    const login = text.slice(value.from, value.to);
    const slash = login.indexOf("/");
    if (slash < 0) continue;
    const host = login.lastIndexOf("@");
    pass.hide(value.from + slash + 1, host > slash ? value.from + host : value.to, value.next);
    return true;
  }
  if (program.hasPairs && previous !== undefined && judgeName(previous) !== undefined) {
    words.push("");
    return pass.hideValue(readValue(reader, at, "word"));
  }
  const end = reader.runEnd(start, (code) => isShown(code) && code !== 34 && code !== 39, WORD_MAX);
  words.push(text.slice(start, end));
  return false;
}

/** The pattern's mark of the secret if the arguments so far match the pattern. */
function matchWords({ options, parts }: Pattern, { words, flags }: Command): string | undefined {
  if (parts.length !== words.length + 1) return undefined;
  if (options !== undefined && ![...options.replaceAll("-", "")].every((flag) => flags.includes(flag)))
    return undefined;
  if (options === "-b" && flags.includes("n")) return undefined;
  const isMatch = words.every((word, index) => {
    const part = parts[index];
    if (part === "//" || part === "\\\\") return /^[/\\]{2}/.test(word);
    if (part === "~") return !NET_USER.test(word);
    return part === "*" || part === word;
  });
  return isMatch ? parts.at(-1) : undefined;
}
