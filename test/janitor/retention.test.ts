import { describe, expect, test } from "bun:test";
import { chooseRemovals, pinnedOverBytes } from "../../src/janitor/retention.ts";
import type { StoredCapture } from "../../src/model/capture.ts";
import { CAPTURE_SUFFIX, captureStem } from "../../src/model/capture-name.ts";
import { aged } from "../helpers/aged.ts";
import { type Random, seeded } from "../helpers/random.ts";

const NOW_MS = Date.parse("2026-11-23T12:00:00Z");
const HOUR_MS = 3_600_000;
const NO_LIMIT = { maxAgeMs: Infinity, maxTotalBytes: Infinity };

interface CaptureParts {
  readonly rule?: string;
  readonly ageHours?: number;
  readonly bytes?: number;
  readonly isPinned?: boolean;
}

function aCapture({
  rule = "slow",
  ageHours = 0,
  bytes = 10,
  isPinned = false,
}: CaptureParts = {}): StoredCapture {
  const name = { epochMs: NOW_MS - ageHours * HOUR_MS, ordinal: 1, rule };
  return { ...name, fileName: captureStem(name) + CAPTURE_SUFFIX, bytes, isPinned };
}

describe("chooseRemovals", () => {
  test("removes nothing within the limits", () => {
    const captures = [aCapture({ ageHours: 2 }), aCapture({ ageHours: 1 })];
    expect(chooseRemovals(aged(captures), { maxAgeMs: 2 * HOUR_MS, maxTotalBytes: 20 }, [])).toEqual([]);
    expect(chooseRemovals(aged([]), { maxAgeMs: 0, maxTotalBytes: 0 }, [])).toEqual([]);
  });

  test("removes for age neither a protected capture nor the newest of all", () => {
    const [older, old, newest] = [5, 4, 3].map((ageHours) => aCapture({ ageHours })) as [
      StoredCapture,
      StoredCapture,
      StoredCapture,
    ];
    const limits = { ...NO_LIMIT, maxAgeMs: HOUR_MS };
    expect(chooseRemovals(aged([older, old, newest]), limits, [old.fileName])).toEqual([
      { name: older.fileName, bytes: 10, reason: "age" },
    ]);
    expect(chooseRemovals(aged([newest]), limits, [])).toEqual([]);
  });

  test("removes none for age while ages are unknown, but still removes for size", () => {
    const unknown = [3, 2, 1].map((ageHours) => ({ ...aCapture({ ageHours }), ageMs: undefined }));
    expect(chooseRemovals(unknown, { maxAgeMs: 1, maxTotalBytes: 30 }, [])).toEqual([]);
    expect(chooseRemovals(unknown, { maxAgeMs: 1, maxTotalBytes: 20 }, [])).toMatchObject([
      { name: unknown[0]?.fileName, reason: "size" },
    ]);
  });

  test("keeps a capture that seems to come from the future", () => {
    expect(chooseRemovals(aged([aCapture({ ageHours: -3 })]), { ...NO_LIMIT, maxAgeMs: 1 }, [])).toEqual([]);
  });

  test("removes for size the oldest first, and no more than needed", () => {
    const captures = [1, 2, 3, 4].map((ageHours) => aCapture({ ageHours }));
    const removed = chooseRemovals(aged(captures), { ...NO_LIMIT, maxTotalBytes: 25 }, []);
    expect(removed.map(({ name }) => name)).toEqual([
      captures[3]?.fileName ?? "",
      captures[2]?.fileName ?? "",
    ]);
    expect(removed.every(({ reason }) => reason === "size")).toBe(true);
  });

  test("takes the removals for age into account", () => {
    const captures = [aCapture({ ageHours: 30 }), aCapture({ ageHours: 2 }), aCapture({ ageHours: 1 })];
    const removed = chooseRemovals(aged(captures), { maxAgeMs: 24 * HOUR_MS, maxTotalBytes: 20 }, []);
    expect(removed.map(({ reason }) => reason)).toEqual(["age"]);
  });

  test("never removes the newest of all for size, nor a protected one", () => {
    const captures = [1, 2, 3].map((ageHours) => aCapture({ ageHours }));
    const [newest, middle, oldest] = captures.map(({ fileName }) => fileName);
    const limits = { ...NO_LIMIT, maxTotalBytes: 0 };
    expect(chooseRemovals(aged(captures), limits, [oldest ?? ""]).map(({ name }) => name)).toEqual([
      middle ?? "",
    ]);
    expect(chooseRemovals(aged(captures), limits, []).map(({ name }) => name)).not.toContain(newest);
  });

  test("removes no pinned capture, but counts its size", () => {
    const pinned = aCapture({ ageHours: 30, isPinned: true });
    const captures = [pinned, aCapture({ ageHours: 2 }), aCapture({ ageHours: 1 })];
    const limits = { maxAgeMs: 24 * HOUR_MS, maxTotalBytes: 20 };
    expect(chooseRemovals(aged(captures), limits, [])).toMatchObject([{ name: captures[1]?.fileName }]);
    expect([20, 10, 9].map((maxTotalBytes) => pinnedOverBytes(captures, { maxTotalBytes }))).toEqual([
      0, 0, 1,
    ]);
  });

  test("removes a rule's only capture after all other removable ones", () => {
    const only = aCapture({ rule: "rare", ageHours: 9 });
    const many = [1, 2, 3].map((ageHours) => aCapture({ rule: "noisy", ageHours }));
    const names = (maxTotalBytes: number) =>
      chooseRemovals(aged([only, ...many]), { ...NO_LIMIT, maxTotalBytes }, []).map(({ name }) => name);
    expect(names(20)).not.toContain(only.fileName);
    expect(names(10)).toEqual([many[2]?.fileName ?? "", many[1]?.fileName ?? "", only.fileName]);
  });

  describe("whatever is stored", () => {
    const random = seeded();
    const rounds = Array.from({ length: 400 }, () => aSituation(random));

    test("fits the limit, unless only captures are left that must never be removed", () => {
      for (const { captures, limits, protectedNames, removed } of rounds) {
        const left = captures.filter(({ fileName }) => !removed.has(fileName));
        const newest = left.at(-1)?.fileName;
        const mayGo = left.filter(
          ({ fileName, isPinned }) => !isPinned && fileName !== newest && !protectedNames.includes(fileName),
        );
        expect(totalBytes(left) <= limits.maxTotalBytes || mayGo.length === 0, random.seedText).toBe(true);
        expect(
          mayGo.filter(({ epochMs }) => NOW_MS - epochMs > limits.maxAgeMs),
          random.seedText,
        ).toEqual([]);
      }
    });

    test("removes no pinned capture", () => {
      for (const { captures, removed } of rounds)
        expect(
          captures.filter(({ fileName, isPinned }) => isPinned && removed.has(fileName)),
          random.seedText,
        ).toEqual([]);
    });

    test("removes each capture once, and none that the limits do not require", () => {
      for (const { captures, limits, removals, removed } of rounds) {
        expect(removed.size, random.seedText).toBe(removals.length);
        const left = captures.filter(({ fileName }) => !removed.has(fileName));
        const last = removals.at(-1);
        if (last?.reason === "size")
          expect(totalBytes(left) + last.bytes, random.seedText).toBeGreaterThan(limits.maxTotalBytes);
        for (const { name, reason } of removals) {
          const ageMs = NOW_MS - (captures.find(({ fileName }) => fileName === name)?.epochMs ?? Number.NaN);
          expect(ageMs > limits.maxAgeMs, random.seedText).toBe(reason === "age");
        }
      }
    });

    test("leaves no rule without a capture while another rule has a removable second one", () => {
      for (const { captures, protectedNames, removals, removed } of rounds) {
        const left = captures.filter(({ fileName }) => !removed.has(fileName));
        const emptied = removals.filter(({ name, reason }) => {
          const { rule } = captures.find(({ fileName }) => fileName === name) ?? {};
          return reason === "size" && left.every((capture) => capture.rule !== rule);
        });
        if (emptied.length === 0) continue;
        const newest = left.at(-1)?.fileName;
        const couldGive = left.filter(
          ({ rule, fileName, isPinned }) =>
            !isPinned &&
            fileName !== newest &&
            !protectedNames.includes(fileName) &&
            left.filter((other) => other.rule === rule).length > 1,
        );
        expect(couldGive, random.seedText).toEqual([]);
      }
    });
  });
});

/** Captures oldest first, limits that may or may not be exceeded, and the removals. */
function aSituation(random: Random) {
  const captures = Array.from({ length: random.int(0, 30) }, (_, index) =>
    aCapture({
      ageHours: 300 - index * 10 - random.int(0, 9),
      rule: random.pick(["a", "b", "b", "c", "c", "c", "c"]),
      bytes: random.int(0, 100),
      isPinned: random.chance(0.1),
    }),
  );
  const limits = {
    maxAgeMs: random.int(1, 400) * HOUR_MS,
    maxTotalBytes: random.int(0, Math.max(1, totalBytes(captures))),
  };
  const protectedNames = captures.filter(() => random.chance(0.15)).map(({ fileName }) => fileName);
  const removals = chooseRemovals(aged(captures), limits, protectedNames);
  return { captures, limits, protectedNames, removals, removed: new Set(removals.map(({ name }) => name)) };
}

function totalBytes(captures: readonly StoredCapture[]): number {
  return captures.reduce((sum, { bytes }) => sum + bytes, 0);
}
