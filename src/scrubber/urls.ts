// Finds passwords in URLs, and in names of shares that are written like URLs: between the user's name and the host. The
// text behind a colon is a password unless it is a port, even if it has a slash in it.

import { isIP } from "node:net";
import type { Pass } from "./pass.ts";
import { isDigit, isIdent, LOOK_MAX } from "./reader.ts";

const USER_MAX = 256;
const isUserCode = (code: number): boolean => code > 32 && !NO_USER.has(code);
/** `"`, `'`, `,`, `/`, `:`, `<`, `>`, `?`, `@`, `[`. */
const NO_USER = new Set([34, 39, 47, 58, 60, 62, 63, 64, 91]);
const TOKEN_MIN = 20;
const COLON = 58;
const SLASH = 47;

/** @param slashes the place of `//`. */
export function recogniseUrl(pass: Pass, slashes: number): boolean {
  const { text, reader } = pass;
  const start = slashes + 2;
  const colon = reader.runEnd(start, isUserCode, USER_MAX);
  if (text[colon] === "@") return hidesToken(pass, start, colon);
  if (text.charCodeAt(colon) !== COLON) return false;
  const from = colon + 1;
  const limit = Math.min(reader.urlEnd(from), reader.next("//", from));
  const first = reader.next("@", from);
  if (first >= limit) return hidesRest(pass, start, from, limit);
  const slash = Math.min(reader.next("/", from), limit);
  if (first > slash && isPort(pass, start, from, slash)) return false;
  // The last one before the host; beyond a slash, the last of all.
  const end = first < slash ? slash : limit;
  let to = first;
  for (let at = reader.next("@", first + 1); at < end; at = reader.next("@", at + 1)) to = at;
  pass.hide(from, to);
  return true;
}

const LOGIN = /(?:^|[\s"'=(,])([\w.\\/-]{1,40}):([^\s:@"'/]{1,48})$/;
const NO_LOGIN = /^(?:mailto|sips?|xmpp|acct|ssh|git|from|to|cc|bcc)$/i;

/** Finds `domain/joe:secret@host`, without the slashes of a URL. @param at the place of `@`. */
export function recogniseLogin(pass: Pass, at: number): boolean {
  const { text, reader } = pass;
  if (!isIdent(text.charCodeAt(at + 1)) || text.startsWith("sha256:", at + 1)) return false;
  const [, user = "", password = ""] = LOGIN.exec(reader.before(at, pass.floor)) ?? [];
  if (password === "" || NO_LOGIN.test(user) || !/\d|[^\w.-]/.test(password)) return false;
  pass.hide(at - password.length, at, at);
  return true;
}

/** Finds `jdbc:oracle:thin:joe/secret@host`. @param to the place behind `thin`. */
export function recogniseSlashLogin(pass: Pass, to: number): boolean {
  const login = /^:[^\s/@:]{1,32}\/(?=[^\s@]*@?)/.exec(pass.reader.ahead(to))?.[0];
  if (login === undefined) return false;
  const from = to + login.length;
  const end = Math.min(pass.reader.next("@", from), pass.reader.urlEnd(from));
  pass.hide(from, end);
  return end > from;
}

// --- internal ---

function isPort(pass: Pass, start: number, from: number, to: number): boolean {
  const { text, reader } = pass;
  if (text.charCodeAt(to) === SLASH && reader.runEnd(from, isDigit, 6) === to) return true;
  return to - start < LOOK_MAX && isIP(text.slice(start, to)) === 6;
}

/** Hides the rest of a text that ends in the middle of a password. */
function hidesRest(pass: Pass, start: number, from: number, limit: number): boolean {
  const { text, reader } = pass;
  if (limit < text.length || from === limit) return false;
  const digits = reader.runEnd(from, isDigit, 6);
  if (digits === limit || text.charCodeAt(digits) === SLASH) return false;
  const slash = reader.next("/", from);
  if (slash - start < LOOK_MAX && isIP(text.slice(start, slash)) === 6) return false;
  pass.hide(from, limit);
  return true;
}

/** Hides a token in the place of the user. */
function hidesToken(pass: Pass, start: number, to: number): boolean {
  const user = pass.text.slice(start, to);
  const isToken =
    user.length >= TOKEN_MIN &&
    /\d/.test(user) &&
    /[a-z]/i.test(user) &&
    pass.reader.runEnd(start, isIdent, USER_MAX) === to;
  if (isToken) pass.hide(start, to);
  return isToken;
}
