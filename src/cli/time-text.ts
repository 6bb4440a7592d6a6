// Points in time as people type them: `1h` (ago), `2026-12-01`, `2026-12-01T10:30Z`, `10:30`, `today`, `yesterday`. A
// time without a zone is local. Pure: the present is an argument.

import { AodError } from "../model/failure.ts";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 };
const DATE_TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * ms since 1970 UTC. Throws USAGE for a text that is no time.
 * @param option that the text belongs to, for the message.
 */
export function parseTime(text: string, nowMs: number, option: string): number {
  const found = agoMs(text, nowMs) ?? dayMs(text, nowMs) ?? clockMs(text, nowMs) ?? dateMs(text);
  if (found !== undefined) return found;
  throw new AodError(
    "USAGE",
    `${option} is not a time: ${text} (write 1h, 2026-12-01, "2026-12-01 10:30" or 10:30)`,
  );
}

// --- internal ---

function agoMs(text: string, nowMs: number): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([smhdw])(?: ago)?$/.exec(text) ?? [];
  return number === undefined ? undefined : nowMs - Number(number) * (UNIT_MS[unit] ?? 0);
}

function dayMs(text: string, nowMs: number): number | undefined {
  const daysBefore = { today: 0, yesterday: 1 }[text];
  if (daysBefore === undefined) return undefined;
  const day = new Date(nowMs);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - daysBefore).getTime();
}

/** The last time that the local clock showed this. */
function clockMs(text: string, nowMs: number): number | undefined {
  const [, hour, minute, second = "0"] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const at = new Date(nowMs);
  at.setHours(Number(hour), Number(minute), Number(second), 0);
  if (at.getTime() > nowMs) at.setDate(at.getDate() - 1);
  return at.getTime();
}

function dateMs(text: string): number | undefined {
  if (!DATE_TIME.test(text)) return undefined;
  // A date alone would be taken for UTC.
  const ms = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(" ", "T"));
  return Number.isNaN(ms) ? undefined : ms;
}
