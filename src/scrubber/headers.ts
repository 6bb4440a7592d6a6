// Finds HTTP headers with credentials: Authorization of all schemes, and cookies. Also finds the schemes without a
// header.

import { judgeName } from "./names.ts";
import { readSeparator } from "./pairs.ts";
import type { Pass } from "./pass.ts";
import { isBase64, isQuote } from "./reader.ts";
import { quoteAt, readValue } from "./values.ts";

/** Every name of such a header contains one of these words, whatever separates the words of the name. */
export const HEADER_WORDS =
  "authorization cookie xapi xauth xaccess xamz xvault xconsul xgitlab xcsrf xxsrf xshopify xgoog xfunctions xms xredmine xplex xemby xfigma xrundeck xjfrog xsonar xappwrite apikey ocpapim xhubsignature secwebsocketkey wwwauthenticatetoken";
const CREDENTIALS = /^(?:proxy-|http_|http_proxy_)?authorization$/i;
const COOKIE = /^(?:http_)?(?:set-)?cookie2?$/i;
/** Not the cookies of a kernel, which are numbers. */
const COOKIE_VALUE = /^[ \t]*\\*["']?[^\s;,="']{1,60}=(?!["']?\s)/;
const HEADER_NAMES =
  /^(?:x-(?:api|auth|access|amz|vault|consul|gitlab|csrf|xsrf|shopify|goog|functions|ms|redmine|plex|emby|figma|rundeck|jfrog|sonar|appwrite)[\w-]*(?:key|token|signature|secret)|api-key|apikey|x-auth|ocp-apim-subscription-key|x-hub-signature(?:-256)?|sec-websocket-key|www-authenticate-token)$/i;
const SCHEME_TOKEN_MIN = 8;
const SCHEME_MAX = "negotiate".length;

/** The identifier is a header's name: `Authorization`, `Cookie`, or one that is not itself the name of a secret. */
export function recogniseHeader(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  const name = pass.name(from, to);
  const isCookie = COOKIE.test(name);
  if (!isCookie && !CREDENTIALS.test(name) && !(HEADER_NAMES.test(name) && judgeName(name) === undefined))
    return false;
  const nameQuote = quoteAt(reader, to);
  const separator = readSeparator(pass, nameQuote?.from ?? to);
  if (separator === undefined || (isCookie && !separator.isColon)) return false;
  if (isCookie && !COOKIE_VALUE.test(reader.ahead(separator.end))) return false;
  const start = reader.skipBlanks(separator.end);
  if (quoteAt(reader, start) !== undefined) return pass.hideValue(readValue(reader, start, "word"));
  // In the quotes of a shell the header ends with them; it may contain several values in quotes.
  const before = text.charCodeAt(from - 1);
  const end = reader.lineEnd(start);
  const close = isQuote(before) ? Math.min(reader.next(String.fromCharCode(before), start), end) : end;
  const to2 = text[close - 1] === "\r" || (close < end && text[close - 1] === "\\") ? close - 1 : close;
  if (to2 <= start) return false;
  pass.hide(start, to2);
  return true;
}

const SCHEMES = /^(?:bearer|basic|negotiate|ntlm|kerberos|token|apikey|digest)$/i;

/** Finds `Bearer …` without the name of a header. */
export function recogniseScheme(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  if (text[to] !== " " && text[to] !== "\t") return false;
  const start = to + 1;
  if (to - from > SCHEME_MAX || reader.runEnd(start, isBase64, 1) === start) return false;
  const name = pass.name(from, to).toLowerCase();
  if (!SCHEMES.test(name)) return false;
  const head = /^[\w+/.~-]{8,}/.exec(reader.ahead(start))?.[0] ?? "";
  if (head.length < SCHEME_TOKEN_MIN || !isProof(name, head)) return false;
  pass.hide(
    start,
    reader.runEnd(start, (code) => isBase64(code) || code === 46 || code === 126 || code === 61),
  );
  return true;
}

// --- internal ---

/** Words of prose have neither digits nor capitals inside. */
function isProof(scheme: string, head: string): boolean {
  if (scheme === "basic") return /^[A-Za-z0-9+/]+$/.test(head) && /[a-z0-9][A-Z]|\d/.test(head);
  if (scheme === "bearer") return /\d/.test(head) || /[a-z][A-Z]/.test(head) || head.length >= 32;
  return head.length >= 16 && /\d/.test(head) && /[A-Z]/i.test(head);
}
