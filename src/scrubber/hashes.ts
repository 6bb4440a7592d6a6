// Finds derivatives of passwords, which are as good as a password: hashes of crypt(3) and of directories, NT and LM
// hashes, NTLM responses, tickets for cracking.

import type { Pass } from "./pass.ts";
import { isBlank, isHex, LINE_FEED } from "./reader.ts";

const CRYPT =
  /^\$(?:1|2[abxy]?|3|5|6|7|8|9|g?y|apr1|argon2(?:id?|d)?|scrypt|s0|s1|pbkdf2(?:[-_]\w+)?|sha1|md5|P|H|S|krb5[a-z]*|NETNTLM(?:v2)?|DCC2|mskrb5|NT|MSCHAPv2)\$/i;
const CRYPT_MIN = 20;
const TICKET = /^\$(?:krb5|NETNTLM|DCC2|mskrb5)/i;
const SCHEME =
  /^\{(?:S?SHA\d*|S?MD5|CRYPT|PBKDF2[\w-]*|ARGON2\w*|BLF-CRYPT|SHA(?:256|512)-CRYPT|SMD5|PLAIN|CLEARTEXT)\}(?=[^\s{}]{4})/i;

/** @param at the place of `$`. */
export function recogniseCrypt(pass: Pass, at: number): boolean {
  const { text, reader } = pass;
  const id = CRYPT.exec(text.slice(at, at + 24))?.[0];
  if (id === undefined) return false;
  const from = at + id.length;
  const isOfKind = TICKET.test(id) ? isTicketCode : isCryptCode;
  if (reader.runEnd(from, isOfKind, CRYPT_MIN) - from < CRYPT_MIN) return false;
  pass.hide(from, reader.runEnd(from, isOfKind));
  return true;
}

/** @param at the place of `{`. */
export function recogniseHashScheme(pass: Pass, at: number): boolean {
  const scheme = SCHEME.exec(pass.reader.ahead(at))?.[0];
  if (scheme === undefined) return false;
  const from = at + scheme.length;
  pass.hide(from, pass.reader.runEnd(from, isSchemeCode));
  return true;
}

/** A word of hexadecimal digits that may be a hash or a challenge. */
export function recogniseHexWord(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  if (text[to] !== ":") return false;
  const length = to - from;
  if (length === 32) {
    // smbpasswd(5), without an LM hash.
    if (/:(?:X{32}|NO PASSWORDX{21}):$/.test(reader.before(from, Math.max(pass.floor, pass.lineStart)))) {
      pass.hide(from, to);
      return true;
    }
    const second = reader.runEnd(to + 1, isHex, 33);
    const isPair = second - to - 1 === 32 || (second === text.length && second - to - 1 < 32);
    if (isPair) pass.hide(from, second);
    return isPair;
  }
  if (length !== 16 && length !== 48) return false;
  if (!/::[^:\s]*:$/.test(reader.before(from, Math.max(pass.floor, pass.lineStart)))) return false;
  const ahead = reader.ahead(to);
  if (!/^:[0-9a-f]{32}:[0-9a-f]|^:[0-9a-f]{48}|^:[0-9a-f:]*$/i.test(ahead)) return false;
  pass.hide(
    from,
    reader.runEnd(to, (code) => isHex(code) || code === 58),
  );
  return true;
}

// --- internal ---

const isTicketCode = (code: number): boolean =>
  !isBlank(code) && code !== LINE_FEED && code !== 34 && code !== 39 && !Number.isNaN(code);
const isCryptCode = (code: number): boolean =>
  (code >= 46 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  "_=,$+-".includes(String.fromCharCode(code));
const isSchemeCode = (code: number): boolean => isCryptCode(code) || code === 42 || code === 33;
