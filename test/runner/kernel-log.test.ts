import { describe, expect, test } from "bun:test";
import { kernelLogSince, kernelLogStart } from "../../src/runner/kernel-log.ts";

const LOG = [
  "[    1.313429] random: crng reseeded",
  "[   99.500000] CIFS: VFS: \\\\files has not responded in 180 seconds. Reconnecting...",
  "               a second line of it",
  "[12345.678901] EXT4-fs (vda): mounted",
  "",
].join("\n");

describe("the kernel log", () => {
  test("is cut to the lines since a moment; a line without a stamp belongs to the line before it", () => {
    expect(kernelLogSince(LOG, 99.5)).toBe(LOG.slice(LOG.indexOf("[   99")));
    expect(kernelLogSince(LOG, 99.6)).toBe(LOG.slice(LOG.indexOf("[12345")));
    expect(kernelLogSince(LOG, 20_000)).toBe("");
  });

  test("is kept whole if the kernel stamps no line", () => {
    expect(kernelLogSince("a\nb\n", 5)).toBe("a\nb\n");
  });

  test("begins earlier the longer the machine has run", () => {
    expect(kernelLogStart(10e9)).toBeCloseTo(8.999, 6);
    expect(kernelLogStart(30 * 86_400e9)).toBeCloseTo(30 * 86_400 - 1 - 259.2, 3);
    expect(kernelLogStart(0.5e9)).toBe(0);
  });
});
