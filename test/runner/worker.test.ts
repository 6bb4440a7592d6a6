import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monotonicNs } from "../../src/system/clock.ts";
import type { FromRunner, ToRunner } from "../../src/thread/messages.ts";
import { aNotice } from "../helpers/notice.ts";
import { anOrder } from "../helpers/order.ts";
import { aRequest } from "../helpers/request.ts";
import { aFrozen, LIVE_TABLE } from "../helpers/request-table.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { Thread } from "../helpers/thread.ts";
import { untar } from "../helpers/untar.ts";

const ORDERS = 16;

function aRunner() {
  const outputDir = tempDir();
  const path = join(outputDir, "batches");
  mkdirSync(path);
  return { outputDir, path, thread: new Thread<ToRunner, FromRunner>("src/runner/worker.ts") };
}

describe("the runner's thread", () => {
  test("makes captures from orders, and takes over the table", async () => {
    const { outputDir, path, thread } = aRunner();
    writeFileSync(join(path, ".aod_20261123T012345.678Z_slow.partial"), "what a crash has left");
    thread.post({ type: "start", outputDir, notify: undefined, table: LIVE_TABLE });
    await thread.take("ready");
    expect(readdirSync(path)).toEqual([]);

    const frozen = aFrozen([aRequest({ latencyMs: 31 })]);
    const order = anOrder({ actions: ["mounts", "debugdata"] });
    thread.post({ type: "collect", order, frozen }, [frozen.table, frozen.operations]);
    expect([frozen.table.byteLength, frozen.operations.byteLength]).toEqual([0, 0]);
    const { capture } = await thread.take("collected");
    expect(capture).toMatchObject({ orderId: order.orderId, name: "aod_20261123T012345.678Z_slow.tar.zst" });
    expect(readdirSync(path)).toEqual([capture.name]);

    const [, manifest] = untar(Bun.zstdDecompressSync(readFileSync(join(path, capture.name))));
    expect(JSON.parse(manifest?.text ?? "")).toMatchObject({
      boot_id: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      kernel: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim(),
      recorder: { records: 1 },
    });

    thread.post({ type: "ping" });
    expect((await thread.take("pulse")).counts).toEqual({
      captured: 1,
      failed: 0,
      busy: 0,
      notices: { notified: 0, failed: 0, dropped: 0 },
      losses: {
        abandoned_children: 0,
        unstarted_children: 0,
        samples_timed_out: 0,
        samples_too_big: 0,
        samples_failed: 0,
      },
      leftovers: 1,
    });
    thread.post({ type: "stop" });
    await thread.take("stopped");
  });

  test("finishes the captures that it has begun, or drops them as a whole, when it is stopped", async () => {
    const { outputDir, path, thread } = aRunner();
    thread.post({ type: "start", outputDir, notify: undefined, table: LIVE_TABLE });
    // More than can be at work and wait: some are dropped, because they come faster than a capture is made.
    const frozen = aFrozen();
    for (let order = 0; order < ORDERS; order++) {
      thread.post({ type: "collect", order: anOrder({ actions: ["mounts"] }), frozen });
    }
    thread.post({ type: "stop" });
    await thread.take("stopped");
    const collected = thread.reports.filter(({ type }) => type === "collected");
    const dropped = thread.reports.filter(({ type }) => type === "dropped");
    expect(collected.length + dropped.length).toBe(ORDERS);
    expect(dropped.length).toBeGreaterThan(0);
    const files = readdirSync(path);
    expect(files.length).toBe(collected.length);
    expect(files.filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("runs the most recently configured program, and captures while that hangs", async () => {
    const { outputDir, thread } = aRunner();
    const settings = (command: readonly [string, ...string[]]) => ({ command, on: [], timeoutMs: 60_000 });
    thread.post({ type: "start", outputDir, notify: settings(["/bin/false"]), table: LIVE_TABLE });
    await thread.take("ready");
    const notice = aNotice();
    thread.post({ type: "notify", notice });
    expect(await thread.take("notified")).toMatchObject({
      notice,
      outcome: { status: "failed", exitCode: 1 },
    });
    thread.post({ type: "configure", notify: settings(["/bin/sleep", "60"]) });
    for (let i = 0; i < 4; i++) thread.post({ type: "notify", notice: aNotice() });
    const order = anOrder({ actions: ["mounts"] });
    thread.post({ type: "collect", order, frozen: aFrozen() });
    expect((await thread.take("collected")).capture.orderId).toBe(order.orderId);
    thread.post({ type: "stop" });
    await thread.take("stopped");
    const outcomes = thread.reports.flatMap((report) => (report.type === "notified" ? [report.outcome] : []));
    expect(outcomes.map(({ status }) => status).sort()).toEqual([
      "dropped",
      "dropped",
      "timed_out",
      "timed_out",
    ]);
  });

  test("shows in a capture the changes since its last sample", async () => {
    const { outputDir, path, thread } = aRunner();
    thread.post({ type: "start", outputDir, notify: undefined, table: LIVE_TABLE });
    await thread.take("ready");
    thread.post({ type: "sample", reason: "resolved" });
    // Samples block nothing: only a capture shows whether there is one.
    const order = () => anOrder({ actions: ["netstat"], triggeredNs: monotonicNs() });
    const netstat = async () => {
      thread.post({ type: "collect", order: order(), frozen: aFrozen() });
      const { capture } = await thread.take("collected");
      const entries = untar(Bun.zstdDecompressSync(readFileSync(join(path, capture.name))));
      return entries.find((entry) => entry.path.endsWith("/netstat.log"))?.text ?? "";
    };
    let text = await netstat();
    for (let tries = 0; tries < 50 && text.startsWith("nothing"); tries++) text = await netstat();
    expect(text).toContain("when the last incident was resolved\n");
    expect(text).toMatch(/^\d+ of \d{2,} counters changed$/m);
    thread.post({ type: "stop" });
    await thread.take("stopped");
  });

  test("works without an output folder, and writes nothing through a symbolic link", async () => {
    const { thread } = aRunner();
    const [outputDir, elsewhere] = [tempDir(), tempDir()];
    symlinkSync(elsewhere, join(outputDir, "batches"));
    thread.post({ type: "start", outputDir, notify: undefined, table: LIVE_TABLE });
    await thread.take("ready");
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});
