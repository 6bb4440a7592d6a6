// Axes of the drawings: bounds, ticks and their labels. Shared by the page's static drawings and its script; does not
// use the document.

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/**
 * Bounds of these latencies as log10 of ns: whole decades, at least two. Infinite and unknown latencies do not count.
 */
export function decadesOf(latenciesNs: ArrayLike<number>): readonly [number, number] {
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < latenciesNs.length; i++) {
    const ns = latenciesNs[i] ?? Number.NaN;
    if (ns > 0 && ns < least) least = ns;
    if (ns > most && ns < Infinity) most = ns;
  }
  if (least > most) return [5, 9];
  const low = Math.min(Math.floor(Math.log10(least) + 0.05), 11);
  return [Math.max(3, low), Math.max(Math.ceil(Math.log10(most) + 0.02), Math.max(3, low) + 2)];
}

/** Room of the plot above its slowest request, as a share of what is below: the labels of the moments stand there. */
const HEADROOM = 0.16;

/** Bounds of the plot, log10 of ns: the decades of these latencies, with room above the slowest. */
export function plotLevelsOf(latenciesNs: Float64Array): readonly [number, number] {
  const [low, high] = decadesOf(latenciesNs);
  const most = latenciesNs.reduce((max, ns) => (ns > max && ns < Infinity ? ns : max), 0);
  const slowest = Math.max(low, Math.log10(Math.max(most, 1)));
  return [low, Math.max(high, slowest + (slowest - low) * HEADROOM)];
}

/** A tick for each decade, and at 2 and 5 if the span is short. @param decades log10 of ns. */
export function latencyTicks([low, high]: readonly [number, number]): readonly Tick[] {
  const fine = high - low < 1.6 ? [1, 2, 5] : [1];
  const ticks: Tick[] = [];
  for (let decade = Math.floor(low); decade <= Math.ceil(high); decade++) {
    for (const digit of fine) {
      const at = decade + Math.log10(digit);
      if (at >= low - 1e-9 && at <= high + 1e-9) ticks.push({ at, label: powerLabel(decade, digit) });
    }
  }
  return ticks;
}

/** Ticks at round steps of time, at most about `most`. @param from, to µs after the rule tripped. */
export function timeTicks(from: number, to: number, most: number): readonly Tick[] {
  const span = Math.max(1, to - from);
  const step = STEPS_US.find((us) => span / us <= most) ?? Math.ceil(span / most / 3600e6) * 3600e6;
  const ticks: Tick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to && ticks.length < 64; at += step)
    ticks.push({ at, label: offsetLabel(at, step) });
  return ticks;
}

/** `−2.5 s`, `+40 ms`; `0` is the moment itself. @param us µs after the moment. */
export function offsetLabel(us: number, stepUs = 1): string {
  if (Math.abs(us) < stepUs / 1e3) return "0";
  const sign = us < 0 ? "−" : "+";
  const [, unit, name] = UNITS.find(([least]) => stepUs >= least) ?? UNITS[UNITS.length - 1] ?? [1, 1, "µs"];
  const shown = Number((Math.abs(us) / unit).toFixed(stepUs % unit === 0 ? 0 : 1));
  return `${sign}${shown}\u00a0${name}`;
}

// --- internal ---

const STEPS_US = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]
  .flatMap((power) => [1, 2, 5].map((digit) => power * digit))
  .filter((us) => us <= 20e6)
  .concat([30e6, 60e6, 120e6, 300e6, 600e6, 1200e6, 1800e6, 3600e6, 7200e6, 21_600e6, 43_200e6, 86_400e6]);

/** The least step of a unit in µs, its length in µs, its name. */
const UNITS = [
  [3600e6, 3600e6, "h"],
  [60e6, 60e6, "min"],
  [1e5, 1e6, "s"],
  [100, 1e3, "ms"],
  [0, 1, "µs"],
] as const;

function powerLabel(decade: number, digit: number): string {
  const [unit, name] = decade < 3 ? [0, "ns"] : decade < 6 ? [3, "µs"] : decade < 9 ? [6, "ms"] : [9, "s"];
  const value = digit * 10 ** (decade - unit);
  return `${value >= 1000 ? value.toLocaleString("en-US") : value}\u00a0${name}`;
}
