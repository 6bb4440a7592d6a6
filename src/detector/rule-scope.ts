// The `match` patterns of the rules, compiled: which shares and processes each rule covers. Pure. Patterns have `*` and
// `?`. Matching a name never costs more than its length times the length of the pattern.

import { canonicalAddress, isAddress } from "../model/address.ts";
import { globTest, type GlobTest as Test } from "../model/glob.ts";
import { canonicalPath, canonicalShare } from "../model/mounted-share.ts";
import type { Rule } from "../model/rule.ts";

export class RuleScopes {
  readonly #shares: readonly (Test | undefined)[];
  readonly #processes: readonly (Test | undefined)[];

  constructor(rules: readonly Rule[]) {
    this.#shares = rules.map(({ match }) => (match.share === undefined ? undefined : shareTest(match.share)));
    this.#processes = rules.map(({ match }) =>
      match.process === undefined ? undefined : globTest(match.process),
    );
  }

  /**
   * Whether a rule covers a share.
   * @param share `//server/share`, `//server` for trouble of all its shares, or another word such as "unknown".
   * @param dfsPaths other names of it, `//domain/namespace/link`; their first two parts are names of it, too.
   */
  admitsShare(ruleIndex: number, share: string, dfsPaths: readonly string[] = []): boolean {
    const test = this.#shares[ruleIndex];
    if (test === undefined) return true;
    const paths = [share, ...dfsPaths].map((path) => canonicalPath(path) ?? path.toLowerCase());
    return [...paths, ...dfsPaths.map((path) => canonicalShare(path) ?? "")].some(test);
  }

  admitsProcess(ruleIndex: number, comm: string): boolean {
    return this.#processes[ruleIndex]?.(comm) ?? true;
  }
}

/** Trouble of a server matches the pattern of any of its shares. */
function shareTest(written: string): Test {
  const pattern = withCanonicalHost(written);
  const whole = globTest(pattern);
  const server = globTest(pattern.split("/").slice(0, 3).join("/"));
  return (share) => (/^\/\/[^/]+$/.test(share) ? server(share) : whole(share));
}

/** A pattern may name a server by an address in any notation. */
function withCanonicalHost(pattern: string): string {
  const [, host = "", rest = ""] = /^\/\/([^/]*)(.*)$/.exec(pattern) ?? [];
  return isAddress(host) ? `//${canonicalAddress(host)}${rest}` : pattern;
}
