// The whole program except its BPF programs: real workers, the imitation of the kernel side, real captures on disk.

import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCapture } from "../../src/capture/reader.ts";
import { EventLog } from "../../src/demo/event-log.ts";
import { Client } from "../../src/demo/traffic.ts";
import { Imitation } from "../../src/kernel/imitation.ts";
import { CAPTURE_SUFFIX, type CaptureName, captureStem } from "../../src/model/capture-name.ts";
import type { Config } from "../../src/model/config.ts";
import type { Incident } from "../../src/model/incident.ts";
import type { LatencyRule } from "../../src/model/rule.ts";
import type { SpawnTable } from "../../src/supervisor/options.ts";
import { claimOutputFolder } from "../../src/supervisor/output-folder.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { anIncident } from "../helpers/incident.ts";
import { aLatencyRule } from "../helpers/rule.ts";
import { NO_REDACTION } from "../helpers/scrubber.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const WAIT_MS = 60_000;

/** Counts every reply within a minute. */
function everyReply(parts: Partial<LatencyRule>): LatencyRule {
  return aLatencyRule({ slowMs: 0, emergencyMs: Infinity, windowMs: 60_000, acceptableCount: 1, ...parts });
}

function aConfig(outputDir: string, rule: LatencyRule): Config {
  return {
    file: undefined,
    sha256: "",
    outputDir,
    rules: [rule],
    defaultActions: [],
    customActions: [],
    hourly: { captures: 30, bytes: 2 ** 28 },
    capture: { budgetMs: 30_000, maxBytes: 2 ** 25, minFreeBytes: 0, withReport: true },
    auditEnabled: true,
    notify: undefined,
    redaction: NO_REDACTION,
    metrics: undefined,
    captureCooldownMs: 60_000,
    resolveAfterMs: 60_000,
    cleanup: { intervalMs: 60_000, maxAgeMs: 86_400_000, maxTotalBytes: 1 << 30 },
  };
}

/** Starts a supervisor; its workers are accessible. */
async function start(
  rule: LatencyRule,
  more: Partial<Config> = {},
  incidents: readonly Incident[] = [],
  earlier: readonly CaptureName[] = [],
  instead: Readonly<Record<string, string>> = {},
) {
  const folder = join(tempDir(), "out");
  const claimed = claimOutputFolder(folder);
  mkdirSync(join(folder, "batches"), { recursive: true, mode: 0o700 });
  for (const name of earlier)
    writeFileSync(join(folder, "batches", captureStem(name) + CAPTURE_SUFFIX), "12345");
  const source = new Imitation();
  const events = new EventLog();
  const workers = new Map<string, Worker>();
  const spawn = Object.fromEntries(
    ["detector", "runner", "janitor"].map((name) => [
      name,
      () => {
        const path = instead[name] ?? `../../src/${name}/worker.ts`;
        const worker = new Worker(new URL(path, import.meta.url));
        workers.set(name, worker);
        return worker;
      },
    ]),
  ) as unknown as SpawnTable;
  const config = { ...aConfig(folder, rule), ...more };
  const pingEveryMs = Object.keys(instead).length > 0 ? 500 : undefined;
  const parts = {
    config,
    origin: { kind: "demo", source },
    folder: claimed,
    spawn,
    incidents,
    pingEveryMs,
  } as const;
  const supervisor = new Supervisor({ ...parts, listeners: { log: events.tell } });
  const running = supervisor.run();
  await events.until("watching", () => true, WAIT_MS);
  const client = new Client();
  const send = (requests: number) => {
    for (let i = 0; i < requests; i++) {
      const call = client.next();
      source.traffic.enter(call);
      source.traffic.done(call);
    }
  };
  const stop = async () => {
    supervisor.stop();
    const failure = await running;
    claimed.release();
    return failure;
  };
  return { supervisor, events, workers, send, stop, folder, batches: join(folder, "batches") };
}

describe("the supervisor", () => {
  test("makes one incident and one capture in a storm, and writes everything before it stops", async () => {
    const { events, send, stop, batches } = await start(everyReply({ acceptableCount: 10 }));
    for (let i = 0; i < 20; i++) {
      send(100);
      await Bun.sleep(10);
    }
    expect(await stop()).toBeUndefined();
    expect(events.all("opened")).toHaveLength(1);
    expect(events.all("dropped")).toEqual([]);
    const captures = events.all("collected").map(({ capture }) => capture.name);
    expect(captures).toHaveLength(1);
    expect(readdirSync(batches)).toEqual(captures);
    expect(events.all("stopped")[0]?.losses.ring_full).toBe(0);
    expect(events.all("stopped")[0]?.runner?.captured).toBe(1);
  });

  test("counts the captures of an earlier run once, however often its janitor restarts", async () => {
    const [epochMs, rule] = [Date.now() - 1_000, everyReply({ acceptableCount: 10 })];
    const earlier = Array.from({ length: 14 }, (_, i) => ({ epochMs, ordinal: i + 1, rule: rule.name }));
    const { supervisor, events, workers, send, stop } = await start(rule, {}, [], earlier);
    const first = workers.get("janitor");
    first?.terminate();
    while (workers.get("janitor") === first) await Bun.sleep(5);
    await new Promise<void>((resolve) => {
      workers.get("janitor")?.addEventListener("message", ({ data }) => data.type === "ready" && resolve());
    });
    supervisor.configure({ ...aConfig("", rule), captureCooldownMs: 0 });
    // Further apart than anomalies of one rule are combined: two would be enough.
    for (let i = 0; i < 5; i++) {
      send(10);
      await Bun.sleep(150);
    }
    expect(await stop()).toBeUndefined();
    expect(events.all("collected")).toHaveLength(1);
    expect(events.all("suppressed")[0]?.counts.captures_of_rule).toBeGreaterThan(0);
  });

  test("counts every record once although its detector is killed in the middle of a burst", async () => {
    const { events, workers, send, stop } = await start(everyReply({ acceptableCount: 1000 }));
    for (let i = 0; i < 5; i++) {
      send(100);
      await Bun.sleep(1);
    }
    workers.get("detector")?.terminate();
    send(499);
    await events.until("restarting", ({ thread }) => thread === "detector", WAIT_MS);
    while (events.all("watching").length < 2) await Bun.sleep(5);
    // 999 replies must not trip the rule: a reply that is counted twice would show here.
    await Bun.sleep(300);
    expect(events.all("opened")).toEqual([]);
    send(1);
    // No reply may be missing either: the thousandth trips the rule.
    const { anomaly } = await events.until("opened", () => true, WAIT_MS);
    expect(anomaly.kind).toBe("slow");
    expect(await stop()).toBeUndefined();
  });

  test("publishes a dropped capture when a runner dies with an order, and the next runner collects", async () => {
    const { supervisor, events, workers, stop } = await start(everyReply({}));
    supervisor.snapshot();
    workers.get("runner")?.terminate();
    await events.until("dropped", ({ reason }) => reason.includes("runner failed"), WAIT_MS);
    await events.until("restarting", ({ thread }) => thread === "runner", WAIT_MS);
    while (events.all("collected").length === 0) {
      supervisor.snapshot();
      await Bun.sleep(50);
    }
    expect(await stop()).toBeUndefined();
  });

  test("applies another configuration at once and keeps its incidents", async () => {
    const { supervisor, events, send, stop } = await start(everyReply({ acceptableCount: 1_000_000 }));
    send(50);
    const { rules, ...rest } = aConfig("/elsewhere", everyReply({ acceptableCount: 10 }));
    supervisor.configure({ ...rest, rules });
    // The detector has the new rule when it has read its message: earlier replies count for the old one.
    await waitUntil(() => {
      send(10);
      return events.all("collected").length > 0;
    });
    expect(await stop()).toBeUndefined();
    expect(events.all("opened")).toHaveLength(1);
  });

  test("continues an incident of the last run, notifies a program of its captures, and reports open incidents at the end", async () => {
    const [share, id] = ["unknown", "20261123T012345.678Z"];
    const out = join(tempDir(), "told");
    const notify = {
      command: ["/bin/sh", "-c", `echo $AOD_EVENT $AOD_INCIDENT_ID $AOD_CAPTURE >> ${out}`],
      on: ["opened", "captured"],
      timeoutMs: 5_000,
    } as const;
    const incident = anIncident({ id, share, count: 7 });
    const { events, send, stop, batches } = await start(everyReply({}), { notify }, [incident]);
    send(3);
    const { capture } = await events.until("collected", () => true, WAIT_MS);
    await events.until("notified", ({ outcome }) => outcome.status === "ok", WAIT_MS);
    expect(await stop()).toBeUndefined();
    expect(events.all("opened")).toEqual([]);
    expect(capture.incidentId).toBe(id);
    const [stopped] = events.all("stopped");
    expect(stopped?.open).toMatchObject([{ id, state: "open", count: 10, captures: [capture.name] }]);
    expect(readFileSync(out, "utf8")).toBe(`captured ${id} ${join(batches, capture.name)}\n`);
  });

  test("takes a baseline sample when the last incident is resolved, for later captures to compare with", async () => {
    const rule = everyReply({ actions: ["netstat"] });
    const { events, send, stop, batches } = await start(rule, { resolveAfterMs: 50, captureCooldownMs: 0 });
    const netstat = async (nth: number) => {
      send(1);
      await events.until("collected", () => events.all("collected").length > nth, WAIT_MS);
      const name = events.all("collected")[nth]?.capture.name ?? "";
      return new TextDecoder().decode(readCapture(join(batches, name)).files.get("actions/netstat.log"));
    };
    expect(await netstat(0)).toStartWith("nothing to compare with");
    await events.until("resolved", () => true, WAIT_MS);
    // The sample is taken asynchronously.
    let text = await netstat(1);
    for (let nth = 2; nth < 50 && text.startsWith("nothing"); nth++) text = await netstat(nth);
    expect(text).toContain("when the last incident was resolved\n");
    expect(await stop()).toBeUndefined();
  });

  test("detects that a detector hangs, reports that not all threads answer, and restarts it", async () => {
    const hangs = { detector: "../fixtures/threads/hanging-detector.ts" };
    const { supervisor, events, workers, stop } = await start(everyReply({}), {}, [], [], hangs);
    expect(supervisor.answers()).toBe(true);
    const first = workers.get("detector");
    while (supervisor.answers()) await Bun.sleep(5);
    await events.until("restarting", ({ thread }) => thread === "detector", WAIT_MS);
    while (workers.get("detector") === first) await Bun.sleep(5);
    expect(await stop()).toBeUndefined();
  });

  test("publishes that the janitor has renamed the history", async () => {
    const { supervisor, events, stop, folder } = await start(everyReply({}));
    writeFileSync(join(folder, "incidents.jsonl"), "x".repeat((4 << 20) + 1));
    supervisor.snapshot();
    await events.until("swept", ({ rotated }) => rotated, WAIT_MS);
    expect(await stop()).toBeUndefined();
  });
});
