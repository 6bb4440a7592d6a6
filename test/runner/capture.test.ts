import { describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { GEOMETRY } from "../../src/model/request.gen.ts";
import { makeCapture } from "../../src/runner/capture.ts";
import { Children } from "../../src/runner/child.ts";
import { Precedence, Slots } from "../../src/runner/scheduling.ts";
import { openBatchesFolder } from "../../src/system/batches-folder.ts";
import { aHost } from "../helpers/host.ts";
import { manifestFaults } from "../helpers/manifest.ts";
import { anOrder } from "../helpers/order.ts";
import { aRequest } from "../helpers/request.ts";

import { aFrozen, aLiveTable } from "../helpers/request-table.ts";
import { mountSmall } from "../helpers/small-disk.ts";

import { tempDir } from "../helpers/temp-dir.ts";
import { untar } from "../helpers/untar.ts";

const NAME = "aod_20261123T012345.678Z_slow";
/** Tests must not depend on cifs being loaded or iproute2 being installed. */
const HOST = aHost({ exists: (path) => !path.startsWith("/proc/fs/cifs") && existsSync(path) });
/** The files of the verdict's actions that work on this machine. */
const EVIDENCE = [
  ...(Bun.which("ss") === null ? [] : [`${NAME}/actions/sockets.log`]),
  `${NAME}/actions/pressure.log`,
];

function aContext(outputDir = tempDir()) {
  const context = {
    openFolder: () => openBatchesFolder(outputDir),
    facts: { aodVersion: "1.2.3", host: "client", bootId: "b-o-o-t", kernel: "6.12.0" },
    host: HOST,
    ownLosses: () => ({ abandoned_children: 3, samples_timed_out: 2 }),
    children: new Children(),
    baselines: { before: () => undefined, failedBefore: () => undefined },
    live: aLiveTable(),
    slots: new Slots(4),
    writing: new Slots(1),
    precedence: new Precedence(),
    stop: new AbortController().signal,
    report: () => undefined,
  };
  return { context, path: join(outputDir, "batches") };
}

const LINES = GEOMETRY.SETS * GEOMETRY.SET_LINES;

describe("a capture", () => {
  const requests = [
    aRequest({ startMs: 99_000, latencyMs: 31 }),
    aRequest({ startMs: 98_000, latencyMs: 0 }),
  ];

  test("on demand reports the end of each action, also of those that it leaves out", async () => {
    const { context } = aContext();
    const reports: unknown[] = [];
    const listening = { ...context, report: (report: unknown) => void reports.push(report) };
    const actions = ["mounts", "no-such-action"];
    await makeCapture(anOrder({ actions }), aFrozen(requests), listening);
    expect(reports).toEqual([]);
    const order = anOrder({ actions, trigger: "manual" });
    const { actions: outcomes } = await makeCapture(order, aFrozen(requests), listening);
    expect(reports).toHaveLength(outcomes.length);
    for (const { name: action, status } of outcomes)
      expect(reports).toContainEqual(
        expect.objectContaining({ type: "progress", orderId: order.orderId, action, status }),
      );
    const of = outcomes.length;
    expect(reports).toMatchObject(outcomes.map((_, at) => ({ ended: at + 1, of })));
  });

  test("of a full table is made in time slices: the thread does other work in between", async () => {
    const { context } = aContext();
    const full = aFrozen(
      Array.from({ length: LINES }, (_, at) => aRequest({ startMs: at + 1, latencyMs: 1 })),
    );
    let slices = 0;
    let isDone = false;
    const count = () => {
      slices++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    // Without actions, because waiting for programs would give time slices by itself.
    await makeCapture(anOrder(), full, context);
    isDone = true;
    expect(slices).toBeGreaterThan(LINES / 1024);
  });

  test("has none of the configuration's secret words in any of its files", async () => {
    const { context, path } = aContext();
    const redaction = { words: ["Nightjar"], patterns: ["comm-\\d+"] };
    const evidence = [aRequest({ startMs: 99_000, latencyMs: 31, comm: "comm-12" })];
    const command = ["/bin/echo", "for Nightjar"] as const;
    const customActions = [{ name: "own", command, timeoutMs: 10_000, maxBytes: 1000, stage: 1 }] as const;
    const order = anOrder({
      redaction,
      evidence,
      customActions,
      actions: ["own"],
      reason: "asked by Nightjar",
      shares: [
        { sessionId: evidence[0]?.sessionId ?? 0n, treeId: evidence[0]?.treeId ?? 0, share: "//Nightjar/a" },
      ],
    });
    const { name } = await makeCapture(order, aFrozen(evidence), context);
    const archive = Bun.zstdDecompressSync(readFileSync(join(path, name)));
    expect(Buffer.from(archive).toString("latin1")).not.toMatch(/Nightjar|comm-12/);
    const texts = new Map(untar(archive).map(({ path, text }) => [path.slice(NAME.length + 1), text]));
    expect(texts.get("actions/own.log")).toBe("for [scrubbed]\n");
    expect(texts.get("requests.csv")).toContain("[scrubbed],//[scrubbed]/a\n");
    expect(JSON.parse(texts.get("manifest.json") ?? "")).toMatchObject({
      reason: "asked by [scrubbed]",
      evidence: [{ comm: "[scrubbed]", share: "//[scrubbed]/a" }],
    });
    expect(texts.get("report.html")).toContain("for [scrubbed]");
  });

  test("has the same verdict whatever the rules about secrets are: it is made of the texts before scrubbing", async () => {
    const debugData =
      "Servers: \n1) ConnectionId: 0x1 Hostname: files\nNumber of credits: 0,1,1 Dialect 0x311\n";
    const children = {
      run: async (argv: readonly string[]) => {
        const output = new TextEncoder().encode(argv.at(-1)?.endsWith("/DebugData") ? debugData : "");
        return { end: "exited", exitCode: 0, output, truncated: false, errorText: "" } as const;
      },
    };
    const verdictWith = async (words: readonly string[]) => {
      const { context, path } = aContext();
      const order = anOrder({
        source: "kernel",
        share: "//files/data",
        actions: ["debugdata"],
        redaction: { words, patterns: [] },
      });
      const whole = { ...context, host: aHost(), children };
      const { name, verdict } = await makeCapture(order, aFrozen(requests), whole);
      const text = Bun.zstdDecompressSync(readFileSync(join(path, name))).toString("latin1");
      return { verdict, showsServer: text.includes("Hostname: files") };
    };
    const plain = await verdictWith([]);
    const scrubbed = await verdictWith(["files"]);
    expect([plain.showsServer, scrubbed.showsServer]).toEqual([true, false]);
    expect(scrubbed.verdict).toEqual(plain.verdict);
    expect(plain.verdict.because.join()).not.toContain("DebugData does not show the server");
  });

  test("is one folder with manifest, requests and actions, in this order", async () => {
    const { context, path } = aContext();
    const order = anOrder({ actions: ["mounts", "no-such-action"], evidence: requests });
    const summary = await makeCapture(order, aFrozen(requests), context);
    expect(summary).toMatchObject({
      orderId: order.orderId,
      incidentId: "incident-1",
      name: `${NAME}.tar.zst`,
    });

    const file = readFileSync(join(path, summary.name));
    expect(file.length).toBe(summary.bytes);
    const entries = untar(Bun.zstdDecompressSync(file));
    expect(entries.map((entry) => entry.path)).toEqual([
      `${NAME}/`,
      `${NAME}/manifest.json`,
      `${NAME}/requests.csv`,
      `${NAME}/actions/`,
      `${NAME}/actions/mounts.log`,
      ...EVIDENCE,
      `${NAME}/report.html`,
    ]);
    const [, manifest, csv, , mounts] = entries.map(({ text }) => text);
    expect(csv?.split("\n").length).toBe(4);
    const { recorder, actions, evidence, verdict, losses, counters } = JSON.parse(manifest ?? "");
    expect(manifestFaults(JSON.parse(manifest ?? ""))).toEqual([]);
    expect(recorder.records).toBe(2);
    expect(evidence).toHaveLength(2);
    expect(losses).toMatchObject({ abandoned_children: 3, samples_timed_out: 2, samples_failed: 0 });
    expect(counters).toMatchObject({ samples_timed_out: 2 });
    expect(actions).toMatchObject([
      { name: "mounts", status: "ok", file: "actions/mounts.log", bytes: mounts?.length },
      { name: "no-such-action", status: "missing", file: null },
      { name: "sockets" },
      { name: "debugdata", status: "missing" },
      { name: "pressure", status: "ok" },
    ]);
    expect(summary.verdict).toEqual(verdict);
    expect(summary.actions.slice(0, 2).map(({ status }) => status)).toEqual(["ok", "missing"]);
    expect(new Bun.CryptoHasher("sha256").update(mounts ?? "").digest("hex")).toBe(actions[0].sha256);
  });

  test("needs neither actions nor requests: a rule without actions gets none, and no verdict", async () => {
    const { context, path } = aContext();
    const { name, verdict } = await makeCapture(anOrder({ actions: [] }), aFrozen(), context);
    const entries = untar(Bun.zstdDecompressSync(readFileSync(join(path, name))));
    const paths = [`${NAME}/`, `${NAME}/manifest.json`, `${NAME}/requests.csv`];
    expect(entries.map((entry) => entry.path)).toEqual(paths);
    expect(verdict.cause).toBe("unknown");
  });

  test("of the same moment as another one has its own name and folder", async () => {
    const { context, path } = aContext();
    const made = await Promise.all(
      [1, 2].map(() => makeCapture(anOrder({ actions: ["mounts"] }), aFrozen(), context)),
    );
    expect(made.map(({ name }) => name).sort()).toEqual([
      "aod_20261123T012345.678Z-2_slow.tar.zst",
      "aod_20261123T012345.678Z_slow.tar.zst",
    ]);
    for (const { name } of made) {
      const [folder] = untar(Bun.zstdDecompressSync(readFileSync(join(path, name))));
      expect(folder?.path).toBe(`${name.slice(0, -".tar.zst".length)}/`);
    }
  });

  test("runs each action once, even if the rule names it twice", async () => {
    const { context } = aContext();
    const { actions } = await makeCapture(anOrder({ actions: ["mounts", "mounts"] }), aFrozen(), context);
    expect(actions.map(({ name }) => name)).toEqual(["mounts", "sockets", "debugdata", "pressure"]);
  });

  test("is complete without its actions if aod stops", async () => {
    const { context, path } = aContext();
    const stopped = { ...context, stop: AbortSignal.abort() };
    const { name, actions } = await makeCapture(anOrder({ actions: ["mounts"] }), aFrozen(requests), stopped);
    const { status, reason, file } = actions[0] ?? {};
    expect([status, reason, file]).toEqual(["failed", "aod is stopping", undefined]);
    expect(untar(Bun.zstdDecompressSync(readFileSync(join(path, name))))).toHaveLength(3);
  });

  test("leaves no file behind if the disk has no room for it", async () => {
    const { context, path } = aContext();
    const limits = { ...anOrder().limits, minFreeBytes: 2 ** 60 };
    await expect(makeCapture(anOrder({ limits }), aFrozen(requests), context)).rejects.toMatchObject({
      code: "DISK_FULL",
    });
    expect(readdirSync(path)).toEqual([]);
  });

  const small = mountSmall("5m");
  test.skipIf(small === undefined)(
    "is not begun on a disk with 5 MB left, and the reason has the figures (a test for root)",
    async () => {
      const { context, path } = aContext(small);
      const limits = { ...anOrder().limits, minFreeBytes: 64 * 2 ** 20 };
      const made = makeCapture(anOrder({ limits, actions: ["mounts"] }), aFrozen(requests), context);
      await expect(made).rejects.toThrow(/bytes free; .*capture\.min_free_mb/);
      expect(readdirSync(path)).toEqual([]);
    },
  );

  test.each([
    ["removed", (path: string) => rmSync(path, { recursive: true })],
    ["removed with all above it", (path: string) => rmSync(dirname(path), { recursive: true })],
    ["moved away", (path: string) => renameSync(path, `${path}.old`)],
    [
      "replaced",
      (path: string) => {
        renameSync(path, `${path}.old`);
        mkdirSync(path, { mode: 0o755 });
      },
    ],
  ])("whose folder is %s while it is made is written into the new folder", async (_, take) => {
    const { context, path } = aContext();
    let isTaken = false;
    const report = () => {
      if (!isTaken) take(path);
      isTaken = true;
    };
    const order = anOrder({ actions: ["mounts"], trigger: "manual" });
    const { name } = await makeCapture(order, aFrozen(requests), { ...context, report });
    expect(isTaken).toBe(true);
    expect(readdirSync(path)).toEqual([name]);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    if (existsSync(`${path}.old`)) expect(readdirSync(`${path}.old`)).toEqual([]);
  });

  test("whose folder becomes a symbolic link while it is made is dropped, and nothing is written to its target", async () => {
    const { context, path } = aContext();
    const elsewhere = tempDir();
    const report = () => {
      if (!existsSync(path) || lstatSync(path).isSymbolicLink()) return;
      rmSync(path, { recursive: true });
      symlinkSync(elsewhere, path);
    };
    const order = anOrder({ actions: ["mounts"], trigger: "manual" });
    const failure = await makeCapture(order, aFrozen(requests), { ...context, report }).catch((e) => e);
    expect(failure).toMatchObject({ code: "OUTPUT_UNUSABLE" });
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test("that fails half-way leaves no file behind", async () => {
    const { context, path } = aContext();
    const broken = { ...context, facts: null as unknown as typeof context.facts };
    await expect(makeCapture(anOrder({ actions: ["mounts"] }), aFrozen(requests), broken)).rejects.toThrow(
      TypeError,
    );
    expect(readdirSync(path)).toEqual([]);
  });

  const tar = Bun.which("tar");
  const canRead = tar !== null && Bun.which("zstd") !== null;
  test.skipIf(!canRead)("is what `tar --zstd -tf` lists (needs the program zstd)", async () => {
    const { context, path } = aContext();
    const { name } = await makeCapture(anOrder({ actions: ["mounts"] }), aFrozen(requests), context);
    const { stdout, exitCode } = Bun.spawnSync([tar ?? "", "--zstd", "-tf", join(path, name)]);
    expect(exitCode).toBe(0);
    expect(stdout.toString().trim().split("\n")).toEqual([
      `${NAME}/`,
      `${NAME}/manifest.json`,
      `${NAME}/requests.csv`,
      `${NAME}/actions/`,
      `${NAME}/actions/mounts.log`,
      ...EVIDENCE,
      `${NAME}/report.html`,
    ]);
  });
});
