// Which names stand for secrets: of variables, settings, options, fields, elements. In: one identifier; out: a verdict. Pure;
// an identifier is at most NAME_MAX long, so that the expressions here have a bounded text to work on.

import { isDigit } from "./reader.ts";

const DASH = 45;
/** Longer ones are no names. */
export const NAME_MAX = 96;

const KEY_OWNERS = [
  "access|account|admin|aes|api|app|application|auth|authentication|backup|blob|cipher|client|consumer|crypt|crypto|customer",
  "data|decrypt|decryption|deploy|des|device|disk|dsa|ecdsa|ed25519|enc|encrypt|encryption|fernet|file|gpg|hmac|host|ingest|integration",
  "jwt|kek|license|luks|mac|machine|master|network|pairing|pgp|preshared|pre_shared|priv|private|primary|recovery|registration|root|rpc|rsa",
  "sas|seal|sealing|secondary|secret|server|server_in|server_out|service|session|share|shared|sign|signature|signing|ssh|ssl|storage|subscription",
  "tls|unlock|user|vault|wep|wpa|wrap|wrapping|write",
].join("|");

/** As part of any name. */
const PARTS =
  "pass_?(?:word|wort|wd|phrase|code|key)|kennwort|wachtwoord|mot_?de_?passe|contrasena|senha|secret|token|bearer|secure_?string";
/** At the end of a word within a name: `smbpass`, `dbpwd`. */
const ENDS = String.raw`(?<!(?:com|by|over|under|sur|tres|encom|low|high|band|all)_?)pass(?=\d*(?:_|$))|pwd(?=\d*(?:_|$))|pw(?=\d*(?:_|$))|passw(?=\d*(?:_|$))`;
/** As a word within a name. */
const WORDS = String.raw`(?<![a-z0-9])(?:psk|otp|totp|(?:user|so|card|smartcard|token)_?pin|(?:ro|rw)?community|pw|pswd|pword|jwt|creds?|credentials?|shared_?access_?signature|(?:x_)?(?:amz|goog)_(?:signature|credential)|(?:nt|lm|ntlm)_?hash|requirepass|masterauth|authtok|(?:bind|root|store)pw)(?=\d*(?:_|$))|^_auth$`;
const KEYS = String.raw`(?:^|_|[a-z0-9])(?:${KEY_OWNERS})_?keys?(?=\d*(?:_|$))`;

const NAME = new RegExp(`${PARTS}|${ENDS}|${WORDS}|${KEYS}`, "g");
/** For names without an owner's key, which are most: to look for the owners takes longer than all else. */
const KEYLESS_NAME = new RegExp(`${PARTS}|${ENDS}|${WORDS}`, "g");
const OWNER_MIN = Math.min(...KEY_OWNERS.split("|").map((owner) => owner.length));

/** What a name says about a secret, when it is not the secret: `password_file`, `token_type`, `PasswordAuthentication`. */
const ABOUT =
  /^s?\d*_?(?:file\w*|path|dir|folder|name|ids?|type|ur[il]|endpoint|expir\w*|ttl|age|len|length|size|min|max|count|num|policy|auth\w*|required|needed|prompt\w*|chang\w*|set|less|hint|version|alg\w*|scheme|ref|retr\w*|attempts?|timeout|enabled|lifetime|issuer|program|command|cmd|stdin|fd|env|store|manager|provider|reset|request\w*|fail\w*|quality|strength|format|encoding|mode|field|label|check\w*|valid\w*|verif\w*|agent|service|server|ring|tab|board|map|slot|bits|usage|fingerprint|from)(?:_|$)/;

/**
 * `path`: a value that is a path is none, for the file is named, not opened. `key`: neither is one that is plainly a path or
 * a URL, but base64 may begin with a slash. `plural`: a number is none. `string`: only a string is one. `pin`: only a number of
 * four digits or more is one, or a word with a digit in it, for chips have pins as well.
 */
export type NameKind = "secret" | "path" | "key" | "plural" | "string" | "pin";

const CACHE_MAX = 4096;
/** Null for what names no secret. */
const cache = new Map<string, NameKind | null>();
/** Several recognisers ask about one identifier in turn. */
const latest: { name: string; kind: NameKind | undefined } = { name: "", kind: undefined };

/** Whether what is called so is a secret. Pure: the cache holds nothing but answers. */
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
