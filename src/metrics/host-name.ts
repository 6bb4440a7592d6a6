// Decides whether a request addresses this host. A web page elsewhere can point a name of its own at 127.0.0.1 and make
// a browser on this host read what is served there (DNS rebinding), but it cannot make the browser send another name.
// Pure.

import { isIP } from "node:net";

/**
 * The name in a Host header or the authority of a URL, in lower case and without the port; undefined if there is none.
 */
export function parseHostName(authority: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^[\]:/@\s]+)(?::\d{1,5})?$/i.exec(authority)?.[1]?.toLowerCase();
}

/**
 * @param name as parseHostName gives it.
 * @param allowed names of this host in lower case: its own, and those of metrics.hosts.
 */
export function isOwnHost(name: string, allowed: ReadonlySet<string>): boolean {
  // DNS rebinding needs a name: an IP address always means the host that has it.
  return name === "localhost" || allowed.has(name) || isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0;
}
