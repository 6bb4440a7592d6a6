// The reader's local time, which only the browser knows: the page itself is the same for every reader. It does not use
// the document.

/** `10:12:03 GMT+1`; empty if local time is UTC. @param zone an IANA name; undefined: the reader's own. */
export function localTime(epochMs: number, zone?: string): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  const date = new Date(epochMs);
  const local = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone, timeZoneName: "shortOffset" });
  const parts = local.formatToParts(date);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  const name = part("timeZoneName");
  if (/^(GMT|UTC)([+-]0)?$/.test(name)) return "";
  return `${part("hour")}:${part("minute")}:${part("second")} ${name}`;
}
