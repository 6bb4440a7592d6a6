// The names of captures, made and understood: `aod_<time>_<rule>.tar.zst`. Time is UTC to the millisecond; where two
// captures of one rule share a millisecond the later ones say `-2`, `-3` behind the time, never behind the rule, whose
// own name may end that way. The runner makes them, the janitor deletes by them: what does not parse is not aod's.
// Names of other tools in the same folder (AODv2's aod_quick_*, aod_capture_*) do not parse.

/** What a capture's name says. */
export interface CaptureName {
  /** ms since 1970 UTC, of the frozen request table. */
  readonly epochMs: number;
  /** 1 for all but those that share rule and millisecond with an earlier one. */
  readonly ordinal: number;
  readonly rule: string;
}

/** The suffix of a complete capture; what stands before it is also the name of the folder inside. */
export const CAPTURE_SUFFIX = ".tar.zst";

const NAME = /^aod_(\d{8}T\d{6}\.\d{3}Z)(?:-([1-9]\d{0,3}))?_([A-Za-z0-9._-]{1,64})\.tar\.zst$/;

/** A capture's name without its suffix. Throws RangeError outside the years 1970 to 9999. */
export function captureStem({ epochMs, ordinal, rule }: CaptureName): string {
  return `aod_${compactTime(epochMs)}${ordinal === 1 ? "" : `-${ordinal}`}_${rule}`;
}

/** What a file name says, or undefined where it is not exactly what `captureStem` and the suffix make. */
export function parseCaptureName(fileName: string): CaptureName | undefined {
  const [, time = "", ordinalText = "1", rule = ""] = NAME.exec(fileName) ?? [];
  const epochMs = parseCompactTime(time);
  const parsed = { epochMs, ordinal: Number(ordinalText), rule };
  // Once back and forth: no 13th month, no `-1`, one name for each capture.
  return epochMs >= 0 && captureStem(parsed) + CAPTURE_SUFFIX === fileName ? parsed : undefined;
}

/** The name under which a capture is being written; hidden, and never taken for a capture. */
export function partialName(stem: string): string {
  return `.${stem}.partial`;
}

/** Whether a file is an unfinished capture of ours. */
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

/** NaN for what is no time. */
function parseCompactTime(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/, "$1-$2-$3T$4:$5:"));
}
