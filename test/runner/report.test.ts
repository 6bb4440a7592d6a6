// report.html as part of a capture: left out first, with the reason in the manifest; the same page as from `aod
// report`.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCapture } from "../../src/capture/reader.ts";
import type { CaptureOrder } from "../../src/model/capture.ts";
import { reportChunks } from "../../src/report/page.ts";
import { readRequests } from "../../src/report/read-requests.ts";
import { makeCapture } from "../../src/runner/capture.ts";
import { Children } from "../../src/runner/child.ts";
import { ReportMaker } from "../../src/runner/report.ts";
import { Precedence, Slots } from "../../src/runner/scheduling.ts";
import { openBatchesFolder } from "../../src/system/batches-folder.ts";
import { aHost } from "../helpers/host.ts";
import { manifestFaults } from "../helpers/manifest.ts";
import { anOrder } from "../helpers/order.ts";
import { aFrozen, aLiveTable } from "../helpers/request-table.ts";
import { aStory } from "../helpers/story.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const NEVER = new AbortController().signal;
const NOTHING = { ms: 0, bytes: 0 };
const PARTS = { name: "aod_x", manifest: {}, files: new Map() };

async function capture(parts: Partial<CaptureOrder>) {
  const outputDir = tempDir();
  const story = aStory(3000);
  const context = {
    openFolder: () => openBatchesFolder(outputDir),
    facts: { aodVersion: "1.2.3", host: "client", bootId: "b-o-o-t", kernel: "6.12.0" },
    host: aHost({ exists: (path) => !path.startsWith("/proc/fs/cifs") && existsSync(path) }),
    ownLosses: () => ({}),
    children: new Children(),
    baselines: { before: () => undefined, failedBefore: () => undefined },
    live: aLiveTable(),
    slots: new Slots(4),
    writing: new Slots(1),
    precedence: new Precedence(),
    stop: NEVER,
    report: () => undefined,
  };
  const { operations } = aFrozen();
  const order = { ...story.order, ...parts };
  const { name, report } = await makeCapture(order, { table: story.table, operations }, context);
  return { ...parseCapture(new Uint8Array(readFileSync(join(outputDir, "batches", name)))), report };
}

const { nextSlice } = new Precedence();

async function reasonOf(order: CaptureOrder, first = NOTHING, last = first, hasRoom = true, stop = NEVER) {
  const { outcome } = await new ReportMaker(order, first, stop).make(PARTS, last, () => hasRoom, nextSlice);
  return "reason" in outcome ? outcome.reason : undefined;
}

describe("report.html of a capture", () => {
  test("is the page that `aod report` makes of the same capture, to the byte", async () => {
    const { name, manifest, files, report } = await capture({ actions: ["mounts"] });
    expect(manifestFaults(manifest)).toEqual([]);
    const page = files.get("report.html") ?? new Uint8Array(0);
    expect(manifest.report).toMatchObject({ file: "report.html", reason: null, bytes: page.length });
    expect(report).toMatchObject({ status: "ok", bytes: page.length });
    const requests = readRequests(files.get("requests.csv") ?? new Uint8Array(0));
    expect(requests.count).toBe(3000);
    const made = Buffer.concat([...reportChunks({ name, manifest, files, requests })]);
    expect(made.equals(page)).toBe(true);
  });

  test("is absent if it is switched off, and the manifest has the reason", async () => {
    const limits = { ...anOrder().limits, withReport: false };
    const { manifest, files } = await capture({ actions: ["mounts"], limits });
    expect(files.has("report.html")).toBe(false);
    expect(manifest.report).toEqual({
      file: null,
      bytes: 0,
      sha256: null,
      reason: "capture.report is false",
    });
  });

  test("is left out first if there is no room for it, and the rest of the capture is complete", async () => {
    const limits = { ...anOrder().limits, maxBytes: 50_000 };
    const { manifest, files, report } = await capture({ actions: ["mounts"], limits });
    expect(report.status).toBe("missing");
    expect(files.has("actions/mounts.log")).toBe(true);
    expect(manifest.report).toMatchObject({
      file: null,
      reason: expect.stringMatching(/^dropped: the .* MiB/),
    });
  });
});

describe("the page is left out", () => {
  const order = anOrder({ actions: ["mounts"] });
  const { maxBytes, budgetMs } = order.limits;

  test.each([
    ["not without a reason", reasonOf(order), undefined],
    ["for a capture without actions", reasonOf(anOrder()), "the rule asks for no actions"],
    [
      "if the time is spent before it is begun",
      reasonOf(order, { ms: budgetMs, bytes: 0 }),
      /^dropped: the .* s /,
    ],
    [
      "if the time is spent meanwhile",
      reasonOf(order, NOTHING, { ms: budgetMs, bytes: 0 }),
      /^dropped: the .* s /,
    ],
    ["if the bytes are spent", reasonOf(order, { ms: 0, bytes: maxBytes }), /^dropped: the .* MiB/],
    [
      "if it is larger than the remaining bytes",
      reasonOf(order, { ms: 0, bytes: maxBytes - 100 }),
      /^dropped: .* MiB/,
    ],
    ["if the disk is full", reasonOf(order, NOTHING, NOTHING, false), "dropped: the disk has no room for it"],
    ["if aod stops", reasonOf(order, NOTHING, NOTHING, true, AbortSignal.abort()), "aod is stopping"],
  ] as const)("%s", async (_, reason, expected) => {
    if (expected === undefined) expect(await reason).toBeUndefined();
    else expect(await reason).toMatch(expected);
  });

  test("if it can't be made: the capture is made without it", async () => {
    const broken = { ...PARTS, files: null as unknown as typeof PARTS.files };
    const { outcome, chunks } = await new ReportMaker(order, NOTHING, NEVER).make(
      broken,
      NOTHING,
      () => true,
      nextSlice,
    );
    expect(outcome).toEqual({ status: "failed", reason: expect.stringMatching(/^failed: /) });
    expect(chunks).toEqual([]);
  });

  test("if the free space can't be read: the capture is made without it", async () => {
    const { outcome } = await new ReportMaker(order, NOTHING, NEVER).make(
      PARTS,
      NOTHING,
      () => {
        throw new Error("EIO: statfs");
      },
      nextSlice,
    );
    expect(outcome).toEqual({ status: "failed", reason: "failed: EIO: statfs" });
  });

  test("if the disk is full before it is begun: no row is rendered", async () => {
    const asked: number[] = [];
    const broken = { ...PARTS, files: null as unknown as typeof PARTS.files };
    const { outcome } = await new ReportMaker(order, NOTHING, NEVER).make(
      broken,
      NOTHING,
      (bytes) => {
        asked.push(bytes);
        return false;
      },
      nextSlice,
    );
    expect(outcome).toEqual({ status: "missing", reason: "dropped: the disk has no room for it" });
    expect(asked).toEqual([0]);
  });

  test("if the disk has no room for its final size", async () => {
    const { outcome } = await new ReportMaker(order, NOTHING, NEVER).make(
      PARTS,
      NOTHING,
      (bytes) => bytes === 0,
      nextSlice,
    );
    expect(outcome).toMatchObject({ status: "missing", reason: "dropped: the disk has no room for it" });
  });
});
