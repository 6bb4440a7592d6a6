import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FromJanitor, ToJanitor } from "../../src/thread/messages.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { Thread } from "../helpers/thread.ts";

const A = "aod_20200101T000000.000Z_slow.tar.zst";
const B = "aod_20200102T000000.000Z_slow.tar.zst";
const C = "aod_20200103T000000.000Z_slow.tar.zst";
const LIMITS = { intervalMs: 86_400_000, maxAgeMs: Number.MAX_SAFE_INTEGER, maxTotalBytes: 15 };

function aJanitor(...files: readonly string[]) {
  const outputDir = tempDir();
  const path = join(outputDir, "batches");
  mkdirSync(path);
  for (const file of files) writeFileSync(join(path, file), "12345");
  return { outputDir, path, thread: new Thread<ToJanitor, FromJanitor>("src/janitor/worker.ts") };
}

describe("the janitor's thread", () => {
  test("sweeps at the start, on command with protected names, and at once with new limits", async () => {
    const { outputDir, path, thread } = aJanitor(A, B, C);
    thread.post({ type: "start", outputDir, limits: LIMITS, protectedNames: [] });
    await thread.take("ready");
    expect(await thread.take("swept")).toMatchObject({ removals: [], storedCount: 3, storedBytes: 15 });

    thread.post({ type: "sweep", protectedNames: [A] });
    expect(await thread.take("swept")).toMatchObject({ removals: [] });
    thread.post({ type: "configure", limits: { ...LIMITS, maxTotalBytes: 10 } });
    expect((await thread.take("swept")).removals).toEqual([{ name: B, bytes: 5, reason: "size" }]);
    expect(readdirSync(path).sort()).toEqual([A, C]);

    thread.post({ type: "ping" });
    expect((await thread.take("pulse")).counts).toEqual({ sweeps: 3, removed: 1, removedBytes: 5 });
    thread.post({ type: "stop" });
    await thread.take("stopped");
  });

  test("reports the stored captures before it removes any, and before it is ready", async () => {
    const { outputDir, thread } = aJanitor(A, B, "aod_quick_1.tar.zst");
    thread.post({ type: "start", outputDir, limits: { ...LIMITS, maxTotalBytes: 0 }, protectedNames: [] });
    expect((await thread.take("swept")).removals).toMatchObject([{ name: A }]);
    expect(thread.reports.map(({ type }) => type)).toEqual(["found", "ready"]);
    const { captures } = await thread.take("found");
    expect(captures.toSorted((a, b) => a.epochMs - b.epochMs)).toEqual([
      { fileName: A, epochMs: Date.UTC(2020, 0, 1), ordinal: 1, rule: "slow", bytes: 5, isPinned: false },
      { fileName: B, epochMs: Date.UTC(2020, 0, 2), ordinal: 1, rule: "slow", bytes: 5, isPinned: false },
    ]);
  });

  test("spares protected captures from its first sweep on, and reports that it has renamed the history", async () => {
    const { outputDir, path, thread } = aJanitor(A, B, C);
    writeFileSync(join(outputDir, "incidents.jsonl"), "x".repeat((4 << 20) + 1));
    thread.post({
      type: "start",
      outputDir,
      limits: { ...LIMITS, maxTotalBytes: 10 },
      protectedNames: [A],
    });
    expect(await thread.take("swept")).toMatchObject({ removals: [{ name: B }], rotated: true });
    expect(readdirSync(path).sort()).toEqual([A, C]);
    expect(readdirSync(outputDir).sort()).toEqual(["batches", "incidents.jsonl.1"]);
  });

  test("reports once that the pinned captures alone exceed the limit", async () => {
    const { outputDir, path, thread } = aJanitor(A, B, C);
    const over = { ...LIMITS, maxTotalBytes: 6 };
    for (const file of [A, B]) chmodSync(join(path, file), 0o400);
    thread.post({ type: "start", outputDir, limits: over, protectedNames: [] });
    expect(await thread.take("swept")).toMatchObject({ overBytes: 4, removals: [], storedCount: 3 });
    thread.post({ type: "sweep", protectedNames: [] });
    expect(await thread.take("swept")).toMatchObject({ overBytes: 0 });
    for (const maxTotalBytes of [10, 6]) {
      thread.post({ type: "configure", limits: { ...LIMITS, maxTotalBytes } });
      expect(await thread.take("swept")).toMatchObject({ overBytes: maxTotalBytes === 6 ? 4 : 0 });
    }
  });

  test("sweeps by itself after the interval", async () => {
    const { outputDir, path, thread } = aJanitor(A);
    thread.post({ type: "start", outputDir, limits: { ...LIMITS, intervalMs: 20 }, protectedNames: [] });
    await thread.take("swept");
    writeFileSync(join(path, B), "1234567890");
    writeFileSync(join(path, C), "1234567890");
    while (readdirSync(path).length > 1) await thread.take("swept");
    expect(readdirSync(path)).toEqual([C]);
  });

  test("reports a folder that it must not use, sweeps nothing, and resumes when it may use the folder", async () => {
    const { thread } = aJanitor();
    const [outputDir, elsewhere] = [tempDir(), tempDir()];
    writeFileSync(join(elsewhere, A), "12345");
    symlinkSync(elsewhere, join(outputDir, "batches"));
    thread.post({ type: "start", outputDir, limits: { ...LIMITS, maxTotalBytes: 0 }, protectedNames: [] });
    expect((await thread.take("blocked")).reason).toContain("batches");
    await thread.take("ready");
    expect(readdirSync(elsewhere)).toEqual([A]);
    unlinkSync(join(outputDir, "batches"));
    thread.post({ type: "sweep", protectedNames: [] });
    expect(await thread.take("swept")).toMatchObject({ storedCount: 0 });
  });

  test("re-creates a folder that was removed, and sweeps it", async () => {
    const { outputDir, path, thread } = aJanitor(A);
    thread.post({ type: "start", outputDir, limits: LIMITS, protectedNames: [] });
    expect(await thread.take("swept")).toMatchObject({ storedCount: 1 });
    rmSync(path, { recursive: true });
    thread.post({ type: "sweep", protectedNames: [] });
    expect(await thread.take("swept")).toMatchObject({ storedCount: 0 });
    writeFileSync(join(path, B), "12345");
    thread.post({ type: "sweep", protectedNames: [] });
    expect(await thread.take("swept")).toMatchObject({ storedCount: 1 });
  });

  test("removes nothing for its age right after the start, and reports why", async () => {
    const { outputDir, path, thread } = aJanitor(A, B, C);
    const limits = { ...LIMITS, maxAgeMs: 1, maxTotalBytes: 1000 };
    thread.post({ type: "start", outputDir, limits, protectedNames: [] });
    expect(await thread.take("swept")).toMatchObject({
      removals: [],
      ageDoubt: { isEvidence: false, text: expect.stringContaining("just been started") },
    });
    expect(readdirSync(path).sort()).toEqual([A, B, C]);
  });

  test("does nothing before it is started", async () => {
    const { thread } = aJanitor();
    thread.post({ type: "sweep", protectedNames: [] });
    expect((await thread.take("failed")).failure.code).toBe("BUG");
    thread.post({ type: "stop" });
    await thread.take("stopped");
  });
});
