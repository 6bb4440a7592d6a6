// Figures and moments in words, the same in the static page and in its script. Pure. It exists beside model/figure.ts
// because a page needs µs and a third digit: its figures are compared with one another.

const NBSP = "\u00a0";

/** Three digits and a unit: `310 µs`, `1.24 s`, `2 h 5 min`. @param ns may be NaN: not known. */
export function duration(ns: number): string {
  if (!Number.isFinite(ns)) return "not known";
  if (ns < 0) return `−${duration(-ns)}`;
  if (ns < 1e3) return `${Math.round(ns)}${NBSP}ns`;
  if (ns < 999.5e3) return `${digits(ns / 1e3)}${NBSP}µs`;
  if (ns < 999.5e6) return `${digits(ns / 1e6)}${NBSP}ms`;
  if (ns < 119.5e9) return `${digits(ns / 1e9)}${NBSP}s`;
  const minutes = Math.round(ns / 60e9);
  if (minutes < 120) return `${minutes}${NBSP}min`;
  return minutes < 48 * 60
    ? `${Math.floor(minutes / 60)}${NBSP}h ${minutes % 60}${NBSP}min`
    : `${Math.round(minutes / 1440)}${NBSP}days`;
}

/** `65,536`. @param value may be NaN: not known. */
export function figureText(value: number): string {
  if (Number.isNaN(value)) return "not known";
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** `1 request`, `2 requests`. @param value may be NaN: not known. */
export function counted(value: number, one: string, many = `${one}s`): string {
  if (Number.isNaN(value)) return `an unknown number of ${many}`;
  return `${figureText(value)} ${value === 1 ? one : many}`;
}

/** `25 Nov 2026, 09:12:03 UTC`; empty if `epochMs` is not a time. @param withMs `09:12:03.456`. */
export function moment(epochMs: number, withMs = false): string {
  if (!isTime(epochMs)) return "";
  const date = new Date(epochMs);
  const month = date.toLocaleString("en-US", { month: "short", timeZone: "UTC" });
  return `${date.getUTCDate()} ${month} ${date.getUTCFullYear()}, ${date.toISOString().slice(11, withMs ? 23 : 19)}${NBSP}UTC`;
}

/** `09:12:03.456`; empty if `epochMs` is not a time. */
export function clock(epochMs: number): string {
  return isTime(epochMs) ? new Date(epochMs).toISOString().slice(11, 23) : "";
}

/** Names the commands of MAY_BLOCK in model/command.ts. */
export const MAY_BLOCK_WORDS = "Requests that may block indefinitely (CHANGE_NOTIFY, LOCK, IOCTL on pipes)";

/** Legend of the faint marks in the plot. */
export const EVERYDAY_WORDS = "everyday answer (no such file, end of list)";

/** Why the capture was made, for the first line of the page. @param kind, type as in the manifest. */
export function kindWords(kind: string, type: string): string {
  if (kind === "emergency" && type === "error") return "An error that is enough by itself";
  return KINDS.get(kind) ?? "An incident";
}

/** `WRITE` for `SMB2_WRITE`: the whole page is about SMB 2. */
export function shortCommand(command: string): string {
  return command.replace(/^SMB2_/, "");
}

/** It is a map because a manifest may have the kind `constructor`. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ["slow", "Slow replies"],
  ["emergency", "A reply that took far too long"],
  ["hung", "No reply"],
  ["error", "Failed requests"],
  ["signal", "Connection trouble"],
  ["manual", "A capture on demand"],
]);

function digits(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded >= 100 ? rounded.toFixed(0) : String(rounded);
}

function isTime(epochMs: number): boolean {
  return Math.abs(epochMs) <= 8.64e15;
}
