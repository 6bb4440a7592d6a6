// Names of captures, made and parsed: `aod_<time>_<rule>.tar.zst`. Time is UTC to the millisecond. If captures of one
// rule share a millisecond, later ones have `-2`, `-3` behind the time, never behind the rule, whose own name may end
// that way. The runner makes the names and the janitor deletes by them: a name that does not parse is not aod's. Names
// of other tools in the same folder (AODv2's aod_quick_*, aod_capture_*) do not parse.

/** The parts of a capture's name. */
export interface CaptureName {
  /** ms since 1970 UTC, of the frozen request table. */
  readonly epochMs: number;
  /** 1, or more if earlier captures share the rule and the millisecond. */
  readonly ordinal: number;
  readonly rule: string;
}

/** The suffix of a complete capture. The name without it is also the name of the folder inside. */
export const CAPTURE_SUFFIX = ".tar.zst";

const NAME = /^aod_(\d{8}T\d{6}\.\d{3}Z)(?:-([1-9]\d{0,3}))?_([A-Za-z0-9._-]{1,64})\.tar\.zst$/;

/** A capture's name without its suffix. Throws RangeError outside the years 1970 to 9999. */
export function captureStem({ epochMs, ordinal, rule }: CaptureName): string {
  return `aod_${compactTime(epochMs)}${ordinal === 1 ? "" : `-${ordinal}`}_${rule}`;
}

/** The parts of a file name; undefined unless it is exactly what `captureStem` and the suffix make. */
export function parseCaptureName(fileName: string): CaptureName | undefined {
  const [, time = "", ordinalText = "1", rule = ""] = NAME.exec(fileName) ?? [];
  const epochMs = parseCompactTime(time);
  const parsed = { epochMs, ordinal: Number(ordinalText), rule };
  // Formatting the parsed parts again rejects a 13th month and `-1`: each capture has one name.
  return epochMs >= 0 && captureStem(parsed) + CAPTURE_SUFFIX === fileName ? parsed : undefined;
}

/** The name of a capture while it is written: hidden, and never taken for a complete capture. */
export function partialName(stem: string): string {
  return `.${stem}.partial`;
}

/** Whether a file is an unfinished capture of aod. */
export function isPartialName(fileName: string): boolean {
  const stem = /^\.(.+)\.partial$/.exec(fileName)?.[1];
  return stem !== undefined && parseCaptureName(stem + CAPTURE_SUFFIX) !== undefined;
}

/** Orders captures by their names, oldest first. */
export function compareCaptureNames(a: CaptureName, b: CaptureName): number {
  return a.epochMs - b.epochMs || a.ordinal - b.ordinal || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0);
}

/** 20261123T012345.678Z */
function compactTime(epochMs: number): string {
  if (!(epochMs >= 0 && epochMs < Date.UTC(10000, 0))) throw new RangeError(`capture time ${epochMs} ms`);
  return new Date(epochMs).toISOString().replaceAll(/[-:]/g, "");
}

/** NaN if the text is not a time. */
function parseCompactTime(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/, "$1-$2-$3T$4:$5:"));
}
