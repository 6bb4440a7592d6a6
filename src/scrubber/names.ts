// Decides which names of variables, settings, options, fields and elements are names of secrets. Pure. An identifier is
// at most NAME_MAX long, so that the expressions here work on a bounded text.

import { isDigit } from "./reader.ts";

const DASH = 45;
/** Longer identifiers are not names. */
export const NAME_MAX = 96;

const KEY_OWNERS = [
  "access|account|admin|aes|api|app|application|auth|authentication|backup|blob|cipher|client|consumer|crypt|crypto|customer",
  "data|decrypt|decryption|deploy|des|device|disk|dsa|ecdsa|ed25519|enc|encrypt|encryption|fernet|file|gpg|hmac|host|ingest|integration",
  "jwt|kek|license|luks|mac|machine|master|network|pairing|pgp|preshared|pre_shared|priv|private|primary|recovery|registration|root|rpc|rsa",
  "sas|seal|sealing|secondary|secret|server|server_in|server_out|service|session|share|shared|sign|signature|signing|ssh|ssl|storage|subscription",
  "tls|unlock|user|vault|wep|wpa|wrap|wrapping|write",
].join("|");

/** Parts that make any name the name of a secret. */
const PARTS =
  "pass_?(?:word|wort|wd|phrase|code|key)|kennwort|wachtwoord|mot_?de_?passe|contrasena|senha|secret|token|bearer|secure_?string";
/** Ends of a word within a name: `smbpass`, `dbpwd`. */
const ENDS = String.raw`(?<!(?:com|by|over|under|sur|tres|encom|low|high|band|all)_?)pass(?=\d*(?:_|$))|pwd(?=\d*(?:_|$))|pw(?=\d*(?:_|$))|passw(?=\d*(?:_|$))`;
/** Whole words within a name. */
const WORDS = String.raw`(?<![a-z0-9])(?:psk|otp|totp|(?:user|so|card|smartcard|token)_?pin|(?:ro|rw)?community|pw|pswd|pword|jwt|creds?|credentials?|shared_?access_?signature|(?:x_)?(?:amz|goog)_(?:signature|credential)|(?:nt|lm|ntlm)_?hash|requirepass|masterauth|authtok|(?:bind|root|store)pw)(?=\d*(?:_|$))|^_auth$`;
const KEYS = String.raw`(?:^|_|[a-z0-9])(?:${KEY_OWNERS})_?keys?(?=\d*(?:_|$))`;

const NAME = new RegExp(`${PARTS}|${ENDS}|${WORDS}|${KEYS}`, "g");
/** For names without an owner's key, which are most of them: matching the owners takes longer than everything else. */
const KEYLESS_NAME = new RegExp(`${PARTS}|${ENDS}|${WORDS}`, "g");
const OWNER_MIN = Math.min(...KEY_OWNERS.split("|").map((owner) => owner.length));

/**
 * Rests of names that are about a secret, but not the secret itself: `password_file`, `token_type`,
 * `PasswordAuthentication`.
 */
const ABOUT =
  /^s?\d*_?(?:file\w*|path|dir|folder|name|ids?|type|ur[il]|endpoint|expir\w*|ttl|age|len|length|size|min|max|count|num|policy|auth\w*|required|needed|prompt\w*|chang\w*|set|less|hint|version|alg\w*|scheme|ref|retr\w*|attempts?|timeout|enabled|lifetime|issuer|program|command|cmd|stdin|fd|env|store|manager|provider|reset|request\w*|fail\w*|quality|strength|format|encoding|mode|field|label|check\w*|valid\w*|verif\w*|agent|service|server|ring|tab|board|map|slot|bits|usage|fingerprint|from)(?:_|$)/;

/**
 * Which values of a name are secrets. `secret`: any. `path`: not a path, because that names a file. `key`: not a clear
 * path or URL, but base64 may begin with a slash. `plural`: not a number. `string`: only a string. `pin`: only a number
 * of four digits or more, or a word with a digit in it, because chips have pins as well.
 */
export type NameKind = "secret" | "path" | "key" | "plural" | "string" | "pin";

const CACHE_MAX = 4096;
/** Null for a name of something else. */
const cache = new Map<string, NameKind | null>();
/** The last answer, because several recognisers ask about the same identifier in turn. */
const latest: { name: string; kind: NameKind | undefined } = { name: "", kind: undefined };

/** The kind of a name of a secret; undefined for any other name. Pure: the cache holds only answers. */
export function judgeName(identifier: string): NameKind | undefined {
  if (identifier.length > NAME_MAX) return undefined;
  if (identifier === latest.name) return latest.kind;
  let kind = cache.get(identifier);
  if (kind === undefined) {
    kind = judge(identifier) ?? null;
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(identifier, kind);
  }
  latest.name = identifier;
  latest.kind = kind ?? undefined;
  return latest.kind;
}

function judge(identifier: string): NameKind | undefined {
  const name = snakeCase(identifier);
  const pattern = name.lastIndexOf("key") < OWNER_MIN ? KEYLESS_NAME : NAME;
  pattern.lastIndex = 0;
  let last: RegExpExecArray | null = null;
  for (let match = pattern.exec(name); match !== null; match = pattern.exec(name)) last = match;
  if (last === null) {
    if (name === "auth") return "string";
    return name === "pin" || name === "pin_code" ? "pin" : undefined;
  }
  if (name === "secret_id" || name.endsWith("_secret_id")) return "secret";
  const rest = name.slice(last.index + last[0].length);
  if (ABOUT.test(rest)) return undefined;
  if (/^(?:old)?pwd$/.test(name) || /creds?$|credentials?$/.test(last[0])) return "path";
  if (/^s(?:_|$)/.test(rest) || last[0].endsWith("keys")) return "plural";
  return last[0].endsWith("key") && rest === "" ? "key" : "secret";
}

/** `-SMBUserPass.x` as `smb_user_pass_x`: words begin at a capital behind a small letter, or before one. */
function snakeCase(identifier: string): string {
  let done = 0;
  while (identifier.charCodeAt(done) === DASH) done++;
  let name = "";
  for (let at = done + 1; at < identifier.length; at++) {
    if (!isCapital(identifier.charCodeAt(at))) continue;
    const before = identifier.charCodeAt(at - 1);
    const isBegin = isCapital(before)
      ? isSmall(identifier.charCodeAt(at + 1))
      : isSmall(before) || isDigit(before);
    if (!isBegin) continue;
    name += `${identifier.slice(done, at)}_`;
    done = at;
  }
  name += identifier.slice(done);
  return name.replace(/[-.]/g, "_").toLowerCase();
}

const isCapital = (code: number): boolean => code >= 65 && code <= 90;
const isSmall = (code: number): boolean => code >= 97 && code <= 122;
