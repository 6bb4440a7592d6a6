import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Baselines } from "../../src/runner/baselines.ts";
import { Children } from "../../src/runner/child.ts";
import { Slots } from "../../src/runner/slots.ts";
import { aHost } from "../helpers/host.ts";

const NETWORK_ONLY = aHost({ exists: (path) => path.startsWith("/proc/net/") });

function aBaselines({ host = NETWORK_ONLY, stop = new AbortController().signal } = {}) {
  const clock = { nowNs: 5e9 };
  const shared = { host, stop, children: new Children(), slots: new Slots(4) };
  return { clock, baselines: new Baselines({ ...shared, nowNs: () => clock.nowNs }) };
}

describe("baselines", () => {
  test("are what the files held, with the time and the reason", async () => {
    const { baselines } = aBaselines();
    expect(baselines.before("netstat", Infinity)).toBeUndefined();
    await baselines.sample("attached");
    const { text, ...rest } = baselines.before("netstat", 5e9 + 1) ?? { text: "" };
    expect(rest).toEqual({ takenNs: 5e9, reason: "attached" });
    const [head = ""] = readFileSync("/proc/net/snmp", "utf8").split("\n");
    expect(text).toStartWith(`==> /proc/net/snmp <==\n${head}\n`);
    expect(text).toContain("\n==> /proc/net/netstat <==\nTcpExt: ");
  });

  test("are none of what began before they were taken", async () => {
    const { baselines } = aBaselines();
    await baselines.sample("attached");
    expect(baselines.before("netstat", 5e9)).toBeUndefined();
  });

  test("give way to a later one, and stay where there is nothing to read", async () => {
    const { clock, baselines } = aBaselines();
    await baselines.sample("attached");
    clock.nowNs = 9e9;
    await Promise.all([baselines.sample("resolved"), baselines.sample("resolved")]);
    expect(baselines.before("netstat", Infinity)).toMatchObject({ takenNs: 9e9, reason: "resolved" });
    expect(baselines.before("stats-delta", Infinity)).toBeUndefined();
  });

  test("are not taken while aod is being stopped", async () => {
    const { baselines } = aBaselines({ stop: AbortSignal.abort() });
    await baselines.sample("attached");
    expect(baselines.before("netstat", Infinity)).toBeUndefined();
  });
});
