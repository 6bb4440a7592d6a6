// Figures for people, the same in every command: durations, rates, counts, sizes. Pure; numbers in, text out.

/** How many ms each is. */
const UNITS = [
  [1, "ms"],
  [1000, "s"],
  [60_000, "min"],
  [3_600_000, "h"],
  [86_400_000, "d"],
] as const;

/** Counts from here on are shortened: people do not read more than a million digit by digit. */
const SHORTENED = [
  [1e6, "M"],
  [1e9, "G"],
  [1e12, "T"],
] as const;

const SIZES = [
  [1, "B"],
  [2 ** 10, "KiB"],
  [2 ** 20, "MiB"],
  [2 ** 30, "GiB"],
] as const;

/** At most three digits: `0.24 ms`, `51 ms`, `12 s`, `3 h`. */
export function durationText(ms: number): string {
  // Compared as shown: rounding makes 999.7 ms 1 s. The last unit takes the rest.
  const fits = UNITS.findIndex(
    ([unitMs], i) => Number(digits(ms / unitMs)) * unitMs < (UNITS[i + 1]?.[0] ?? 0),
  );
  const [unitMs, name] = UNITS.at(fits) as (typeof UNITS)[number];
  return `${digits(fits === 0 ? ms : Math.max(1, ms / unitMs))} ${name}`;
}

/** As durationText, of ns. */
export function durationTextOfNs(ns: number): string {
  return durationText(ns / 1e6);
}

/** `1,234`, and `12.3M` for counts over a million. */
export function countText(count: number): string {
  const [limit, letter] = SHORTENED.findLast(([from]) => count >= from) ?? [1, ""];
  if (letter === "") return Math.round(count).toLocaleString("en-US");
  return `${(count / limit).toFixed(count < 100 * limit ? 1 : 0)}${letter}`;
}

/** `812 B`, `1.2 KiB`, `34 MiB`: sizes of files, as ls -h shows them. */
export function bytesText(bytes: number): string {
  const [limit, unit] = SIZES.findLast(([from]) => bytes >= from) ?? [1, "B"];
  return `${limit === 1 ? Math.round(bytes) : digits(bytes / limit, 1)} ${unit}`;
}

/** A number in a second, without the unit: `0.4`, `1,234`. */
export function rateText(perSec: number): string {
  return perSec > 0 && perSec < 9.95 ? digits(perSec, 1) : countText(perSec);
}

/** Hundredths below 1, tenths below 10, else whole; no zeros at the end. */
function digits(value: number, most = 2): string {
  const places = value < 0.995 ? most : value < 9.95 ? 1 : 0;
  return String(Number(value.toFixed(places)));
}
