// Chooses the format of a scrape from the Accept header. Pure. Implements RFC 9110 12.5.1 as far as two formats need
// it.

import type { ServedFormat } from "./exposition.ts";

const OPENMETRICS = "application/openmetrics-text";
const VERSION = "1.0.0";
/** Longer headers are cut: no scraper sends one. */
const ACCEPT_MAX_CHARS = 2048;

/**
 * OpenMetrics if the client names it and does not prefer the older format; otherwise the older format, which every
 * client reads.
 */
export function chooseFormat(accept: string | null): ServedFormat {
  const ranges = (accept ?? "").slice(0, ACCEPT_MAX_CHARS).split(",").map(parseRange);
  const weigh = (fits: (range: Range) => boolean) => Math.max(0, ...ranges.filter(fits).map(({ q }) => q));
  const openmetrics = weigh(({ type, version }) => type === OPENMETRICS && (version ?? VERSION) === VERSION);
  const text = weigh(({ type }) => type === "text/plain");
  return openmetrics > 0 && openmetrics >= text ? "openmetrics" : "text";
}

interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly q: number;
}

function parseRange(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const get = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const q = Number(get("q") ?? 1);
  return { type, version: get("version")?.replaceAll('"', ""), q: q >= 0 && q <= 1 ? q : 0 };
}
