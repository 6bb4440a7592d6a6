// Which of the two formats a client wants. In: its Accept header; out: a format. Pure. RFC 9110 12.5.1, as far as two formats
// take it.

import type { Format } from "./exposition.ts";

const OPENMETRICS = "application/openmetrics-text";
const VERSION = "1.0.0";
/** Longer headers are cut: nobody who scrapes sends one. */
const ACCEPT_MAX_CHARS = 2048;

/** OpenMetrics where the client names it and likes nothing better; else the older text, which everybody reads. */
export function chooseFormat(accept: string | null): Format {
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
