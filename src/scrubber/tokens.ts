// Finds tokens that are known by their form, wherever they are: prefixes of well-known services, web tokens, and long
// words of base64. The formats are facts that gitleaks and secretlint also list. No exact length is required, because a
// log may have cut the token.

import type { Pass } from "./pass.ts";
import { isIdent } from "./reader.ts";

interface Format {
  readonly prefix: string;
  /** Letters, digits, `_` and `-` behind the prefix, at least. */
  readonly least: number;
  /** Parts joined by dots, or base64. */
  readonly isWide?: true;
  /** Nothing else begins like this, so that letters alone are a token as well. */
  readonly isCertain?: true;
}

const narrow = (least: number, prefixes: string): readonly Format[] =>
  prefixes.split(" ").map((prefix) => ({ prefix, least }));
const wide = (least: number, prefixes: string): readonly Format[] =>
  prefixes.split(" ").map((prefix) => ({ prefix, least, isWide: true }));

const certain = (formats: readonly Format[]): readonly Format[] =>
  formats.map((format) => ({ ...format, isCertain: true }));

const FORMATS: readonly Format[] = [
  // Web tokens: JSON in base64.
  ...wide(8, "eyJ"),
  // GitHub, GitLab, Gitea's neighbours.
  ...certain(narrow(20, "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_")),
  ...certain(
    wide(16, "glpat- gldt- glft- glrt- glcbt- glptt- glimt- glagent- gloas- glsoat- glffct- GR1348941"),
  ),
  // Clouds.
  ...narrow(12, "AKIA ASIA ABIA ACCA AROA AIDA"),
  ...narrow(30, "AIza"),
  ...wide(20, "ya29 ABSK GOCSPX-"),
  ...narrow(32, "dop_v1_ doo_v1_ dor_v1_ dapi"),
  ...wide(20, "LTAI hvs hvb hvr CFPAT- fo1_ fm1r_ fm1a_ fm2_ pscale_tkn_ pscale_pw_ pscale_oauth_ tskey-"),
  // Chat and mail.
  ...wide(10, "xoxb- xoxp- xoxa- xoxr- xoxs- xoxo- xoxe- xapp-"),
  ...wide(40, "SG"),
  ...narrow(32, "key- SK"),
  // Money and shops.
  ...certain(
    narrow(
      10,
      "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ whsec_ sq0atp- sq0csp- shpat_ shpca_ shppa_ shpss_",
    ),
  ),
  // Packages and builds.
  ...narrow(
    20,
    "npm_ pypi- rubygems_ pul- dckr_pat_ dckr_oat_ CLOJARS_ oy2 sbp_ vercel_ atlasv1 glc_ glsa_ sgp_ sntryu_ lin_api_ figd_ ntn_ secret_ PMAK- nvapi-",
  ),
  ...wide(20, "sntrys_ AKCp ATATT ATCTT ATBB"),
  // Models.
  ...wide(20, "sk-ant- sk-proj- sk-svcacct- sk-admin- sk- hf_ api_org_ gsk_ r8_ pplx- xai-"),
  ...narrow(40, "AGE-SECRET-KEY-1 ops_"),
];

/** The formats by their first two characters, which are all ASCII. */
const BY_BEGIN = Array.from<readonly Format[] | undefined>({ length: 128 * 128 });
for (const format of FORMATS) {
  const begin = beginAt(format.prefix, 0);
  BY_BEGIN[begin] = [...(BY_BEGIN[begin] ?? []), format];
}
const TOKEN_MIN = 12;

/** A token has a digit or letters of both cases: names in code have prefixes as well. */
const RANDOM = /\d|[a-z].*[A-Z]|[A-Z].*[a-z]/;
const LETTERS = /^[a-z]+$/i;

/** The identifier begins like a known token. */
export function recogniseToken(pass: Pass, from: number, to: number): boolean {
  const { text, reader } = pass;
  const format = formatAt(text, from);
  if (format === undefined) return false;
  const body = from + format.prefix.length;
  if (to - from < TOKEN_MIN && !format.isWide) return false;
  const isOfKind = format.isWide ? isWideCode : isIdent;
  if (reader.runEnd(body, isOfKind, format.least) - body < format.least) return false;
  const head = text.slice(body, body + format.least + 8);
  const isToken =
    RANDOM.test(head) || (format.isCertain === true && LETTERS.test(head.slice(0, format.least)));
  if (!isToken) return false;
  pass.hide(from, reader.runEnd(body, isOfKind));
  return true;
}

/** The first format of the list whose prefix begins at `from`. */
function formatAt(text: string, from: number): Format | undefined {
  return BY_BEGIN[beginAt(text, from)]?.find(({ prefix }) => text.startsWith(prefix, from));
}

/**
 * Both characters as one number. Outside ASCII it may collide with that of a listed pair; the prefix is compared
 * anyway.
 */
function beginAt(text: string, from: number): number {
  return text.charCodeAt(from) * 128 + text.charCodeAt(from + 1);
}

const LONG_MIN = 64;
/** A path has more of them. */
const SLASHES_MAX = 7;
/**
 * The least share of small and of capital letters: random words have 0.4 of each, names in CamelCase fewer capitals.
 */
const LETTERS_MIN = 1 / 6;
const DIGITS_MIN = 2;

/**
 * Hides the body of a key that has lost both its marks, and other secrets of that form, but no public key, path or
 * digest.
 * @param from the begin of a word of base64.
 */
export function recogniseLongWord(pass: Pass, from: number): boolean {
  const { text, reader } = pass;
  const end = reader.base64End(from);
  pass.wordEnd = end;
  if (end - from < LONG_MIN || !looksRandom(text, from, end)) return false;
  // Public keys of ssh begin with the four bytes of a length.
  if (text.startsWith("AAAA", from)) return false;
  pass.hide(
    from,
    reader.runEnd(end, (code) => code === 61, 2),
  );
  return true;
}

/** Also the dots and other marks in `SG.x.y`, in Slack and Teams hooks, and in the signature of a query. */
const isWideCode = (code: number): boolean =>
  isIdent(code) || code === 46 || code === 43 || code === 47 || code === 61;

function looksRandom(text: string, from: number, to: number): boolean {
  let [small, letters, both, slashes] = [0, 0, 0, 0];
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === 45 || code === 95) return false;
    if (code === 47 && ++slashes > SLASHES_MAX) return false;
    // The sign of a difference instead of branches, which no processor can foretell in random text: three times as
    // fast.
    small += (96 - code) >>> 31;
    letters += (64 - code) >>> 31;
    both += (47 - code) >>> 31;
  }
  const least = (to - from) * LETTERS_MIN;
  return small >= least && letters - small >= least && both - letters >= DIGITS_MIN;
}
