// Whether a request names this host as its own: a web page elsewhere can point its own name at 127.0.0.1 and have a browser on
// this host read what is served there (DNS rebinding), but it can't make the browser send another name. Pure.

import { isIP } from "node:net";

/** The name in a Host header or a URL's authority, lower case, without its port; undefined where it holds none. */
export function parseHostName(authority: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^[\]:/@\s]+)(?::\d{1,5})?$/i.exec(authority)?.[1]?.toLowerCase();
}

/**
 * @param name as parseHostName gives it.
 * @param allowed names of this host, in lower case: its own, and those of the configuration.
 */
export function isOwnHost(name: string, allowed: ReadonlySet<string>): boolean {
  // A page can point a name elsewhere, but not an address.
  return name === "localhost" || allowed.has(name) || isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0;
}
