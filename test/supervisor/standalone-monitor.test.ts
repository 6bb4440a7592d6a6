// Monitoring without a daemon: a real detector, the imitation of the kernel side.

import { describe, expect, test } from "bun:test";
import { Client } from "../../src/demo/traffic.ts";
import { Imitation } from "../../src/kernel/imitation.ts";
import { StandaloneMonitor } from "../../src/supervisor/standalone-monitor.ts";
import { aLatencyRule } from "../helpers/rule.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** Trips at the first reply, and is over after a moment. */
const RULE = aLatencyRule({ slowMs: 0, emergencyMs: Infinity, windowMs: 60_000, acceptableCount: 1 });

async function start(resolveAfterMs = 60_000) {
  const source = new Imitation();
  const monitor = new StandaloneMonitor({
    config: { rules: [RULE], captureCooldownMs: 0, resolveAfterMs },
    origin: { kind: "demo", source },
    spawn: () => new Worker(new URL("../../src/detector/worker.ts", import.meta.url)),
  });
  const running = monitor.run();
  await waitUntil(() => monitor.live().state === "watching");
  return { source, monitor, running };
}

describe("a standalone monitor", () => {
  test("counts replies and requests in flight", async () => {
    const { source, monitor, running } = await start();
    const client = new Client();
    const calls = Array.from({ length: 20 }, () => client.one("SMB2_READ"));
    for (const call of calls) source.traffic.enter(call);
    for (const call of calls.slice(0, 18)) source.traffic.done(call);
    await waitUntil(() => monitor.live().total.requests === 18);
    const live = monitor.live();
    expect(live.in_flight_total).toBe(2);
    expect(live.groups.command).toMatchObject([{ key: "SMB2_READ", in_flight: 2 }]);
    monitor.stop();
    expect(await running).toBeUndefined();
  });

  test("opens incidents, counts captures as suppressed, and lists recently resolved incidents", async () => {
    const { source, monitor, running } = await start(50);
    const call = new Client().one("SMB2_FLUSH");
    source.traffic.enter(call);
    source.traffic.done(call);
    await waitUntil(() => monitor.live().incidents.length > 0);
    expect(monitor.live().incidents).toMatchObject([{ rule: RULE.name, captures: [], suppressed: 1 }]);
    await waitUntil(() => monitor.live().incidents[0]?.state === "resolved");
    monitor.stop();
    await running;
  });

  test("ends once, however often it is stopped", async () => {
    const { monitor, running } = await start();
    monitor.stop();
    monitor.stop();
    expect(await running).toBeUndefined();
  });
});
