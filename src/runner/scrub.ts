// Takes secrets out of text before it becomes part of a capture: captures are sent to other people. In: text of any
// origin; out: the text with a mark in place of each secret, and how many there were. Pure, and linear (scrub-steps.ts).
//
// It goes by names: what is called a password or a key is taken for one. In doubt the value goes, for a capture without
// an innocent word is still of use. User names and the paths of credentials files stay.

import { isIP } from "node:net";
import type { Keep } from "./capped-buffer.ts";
import { scrubKeys, scrubLongWords } from "./scrub-keys.ts";
import {
  after,
  aheadEnd,
  itemEnd,
  lineEnd,
  MASK,
  type Scrubbed,
  type Step,
  textEnd,
  valueEnd,
  within,
  wordEnd,
} from "./scrub-steps.ts";

const EQUALS = String.raw`\d?\\?["']?[ \t]*=[ \t]*`;
const EQUALS_OR_COLON = String.raw`\d?\\?["']?[ \t]*(?:=|:(?!:))[ \t]*`;
const SECRETS = "pass(?:word|wd|phrase|code)|secret|token|(?:api|access|account|private|shared)[_-]?key";
const FLAGS = "pass(?:word|wd|phrase|in|out)?|pw|secret|token|(?:api|access|account)-key";
const KEYS =
  "(?:session|sign(?:ing)?|(?:en|de)c(?:rypt(?:ion)?)?|server ?(?:in|out)|seal(?:ing)?|auth|application)[ _-]?key|(?:nt|lm|ntlm)[ _-]?hash";

const STEPS: readonly Step[] = [
  scrubKeys,
  // HTTP headers: to the end of the line, for some schemes put several values in quotes there.
  after(/\b(?:authorization\\?["']?[ \t]*[:=]|(?:set-)?cookie\\?["']?:|x-api-key\\?["']?:)[ \t]*/gi, lineEnd),
  // Mount options, variables, settings, JSON, connection strings.
  after(new RegExp(`(?:--)?(?:${SECRETS})${EQUALS_OR_COLON}`, "gi"), itemEnd),
  // Names that are parts of other words too.
  after(new RegExp(`(?<![a-z0-9])(?:--)?(?:pass|shared[_-]?access[_-]?signature)${EQUALS}`, "gi"), itemEnd),
  // The shell has its working folder under the same name.
  after(new RegExp(`(?<![a-z0-9])(?:old)?pwd${EQUALS_OR_COLON}`, "gi"), (text, from, name) =>
    text[from] === "/" && /^(?:OLD)?PWD=$/.test(name[0]) ? undefined : itemEnd(text, from, name),
  ),
  // Shared access signatures of Azure; the audit log names signals like this.
  after(/(?<![a-z0-9])sig=(?=([^\s\0&"']*))/gi, (text, from, name) => {
    const end = aheadEnd(text, from, name) ?? from;
    return end - from >= SIGNATURE_MIN || end === text.length ? end : undefined;
  }),
  after(/(?<![a-z0-9])cred(?:s|entials?)?=(?!["']?[.~]{0,2}\/)/gi, itemEnd),
  after(
    new RegExp(String.raw`(?<![\w-])--?(?:${FLAGS})(?:\\?["'],?[ \t]*|[ \t\0])[ \t\0]*(?!-)`, "gi"),
    valueEnd,
  ),
  after(/\bsshpass[ \t\0]+-p[ \t\0]*/g, valueEnd),
  // Programs whose options are known: a name and a password in one word, or with nothing between.
  within(/\bcurl\b[^\n]*/g, after(/(?<![^\s\0])(?:-u|--user|--proxy-user)[ \t\0=]*[^\s\0:]*:/g, wordEnd)),
  within(/\b(?:mysql|mariadb)[\w-]*\b[^\n]*/g, after(/(?<![^\s\0])-p(?=\S)/g, wordEnd)),
  // Samba's programs, and mount options: user%password.
  within(/(?<![\w-])(?:(?:-U|--user(?:name)?)[ \t\0=]+|-U|user(?:name)?=)[^\s\0,]*/g, after(/%/g, textEnd)),
  // URLs, and shares written like them.
  within(/\/\/[^\s\0]*/g, scrubUrls),
  // As `smbinfo keys` and the kernel's own dump of keys print them: in bytes, or as one word.
  after(
    new RegExp(
      String.raw`(?:${KEYS})\\?["']?[ \t]*[:=]?[ \t]*["']?(?=([0-9a-f]{2}[ :-][0-9a-f]{2}[ :-][0-9a-f]{2}[ :-][0-9a-f :-]*(?![\w])|(?:0x)?[0-9a-f]{8,}(?!\w)|[\w+/]{16,}=*))`,
      "gi",
    ),
    aheadEnd,
  ),
  // A NetNTLM response: name::domain:challenge:proof:blob.
  after(/::[^:\s]*:(?=([0-9a-f]{16}:(?:[0-9a-f]{32}:[0-9a-f]+|[0-9a-f:]*$)))/gi, aheadEnd),
  // LM and NT hash, as password databases are dumped.
  after(/(?<![0-9a-f])(?=([0-9a-f]{32}:(?:[0-9a-f]{32}(?![0-9a-f])|[0-9a-f]*$)))/gi, aheadEnd),
  // As crypt(3) makes them for shadow(5).
  after(/\$(?:1|2[abxy]?|5|6|7|g?y)\$(?=([\w./=,$]{20,}))/g, aheadEnd),
  // A JSON web token, whatever it is called.
  after(/(?<![\w-])eyJ(?=([\w-]{8,}(?:\.[\w.-]*|$)))/g, aheadEnd),
  scrubLongWords,
];

const SIGNATURE_MIN = 20;
const WORD_MAX = 4096;
const WORD_ENDS: ReadonlySet<string> = new Set(" \t\n\r\0,;\"'(){}[]<>");

/** The text without its secrets. A second time there is nothing left to do. */
export function scrub(text: string): Scrubbed {
  return STEPS.reduce<Scrubbed>(
    (before, step) => {
      const after = step(before.text, true);
      return { text: after.text, count: before.count + after.count };
    },
    { text, count: 0 },
  );
}

/**
 * A text of which one end is lost, without the line that was cut: half a secret does not look like one, and what it was
 * called may be gone. A single line keeps its beginning, never its end.
 */
export function wholeLines(text: string, kept: Keep): string {
  const feed = kept === "head" ? text.lastIndexOf("\n") : text.indexOf("\n");
  if (feed >= 0) return kept === "head" ? text.slice(0, feed + 1) : text.slice(feed + 1);
  return kept === "head" ? wholeWords(text) : "";
}

/**
 * A text that ends too soon, without the word that was cut: what is called a secret is known by what stands before it, but
 * half a hash is any number. Of a word without end what is longer than any secret stays.
 */
export function wholeWords(text: string): string {
  const least = Math.max(0, text.length - WORD_MAX);
  let end = text.length;
  while (end > least && !WORD_ENDS.has(text[end - 1] ?? "")) end--;
  return text.slice(0, end);
}

/** URLs that follow one another without a blank. */
function scrubUrls(text: string, isEnd: boolean): Scrubbed {
  const [head = "", ...urls] = text.split("//");
  let count = 0;
  const shown = urls.map((url, index) => {
    const found = passwordOf(url, isEnd && index === urls.length - 1);
    if (found === undefined || url.startsWith(MASK, found.from)) return url;
    count++;
    return url.slice(0, found.from) + MASK + url.slice(found.to);
  });
  return { text: [head, ...shown].join("//"), count };
}

/** Behind a name, before the host. What is behind a colon and no port is a password, also one with a slash in it. */
function passwordOf(url: string, isEnd: boolean): { readonly from: number; readonly to: number } | undefined {
  const slash = url.indexOf("/");
  const authority = slash < 0 ? url : url.slice(0, slash);
  const colon = authority.indexOf(":");
  if (colon < 0 || url.startsWith("[")) return undefined;
  const from = colon + 1;
  const at = authority.lastIndexOf("@");
  if (at > colon) return { from, to: at };
  if (/^\d*$/.test(authority.slice(from))) return undefined;
  if (isIP(authority) === 6) return undefined;
  const far = url.lastIndexOf("@");
  if (far > colon) return { from, to: far };
  return isEnd ? { from, to: url.length } : undefined;
}
