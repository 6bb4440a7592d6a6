import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Baselines } from "../../src/runner/baselines.ts";
import { type ChildResult, Children, notStarted } from "../../src/runner/child.ts";
import type { Host } from "../../src/runner/plan.ts";
import { Slots } from "../../src/runner/scheduling.ts";
import { aHost } from "../helpers/host.ts";

const NETWORK_ONLY = aHost({ exists: (path) => path.startsWith("/proc/net/") });

interface Parts {
  readonly host?: Host;
  readonly stop?: AbortSignal;
  readonly children?: Pick<Children, "run">;
}

function aBaselines({
  host = NETWORK_ONLY,
  stop = new AbortController().signal,
  children = new Children(),
}: Parts = {}) {
  const clock = { nowNs: 5e9 };
  const shared = { host, stop, children, slots: new Slots(4) };
  return { clock, baselines: new Baselines({ ...shared, nowNs: () => clock.nowNs }) };
}

describe("baselines", () => {
  test("have the contents of the files, with the time and the reason", async () => {
    const { baselines } = aBaselines();
    expect(baselines.before("netstat", Infinity)).toBeUndefined();
    await baselines.sample("attached");
    const { text, ...rest } = baselines.before("netstat", 5e9 + 1) ?? { text: "" };
    expect(rest).toEqual({ takenNs: 5e9, reason: "attached" });
    const [head = ""] = readFileSync("/proc/net/snmp", "utf8").split("\n");
    expect(text).toStartWith(`==> /proc/net/snmp <==\n${head}\n`);
    expect(text).toContain("\n==> /proc/net/netstat <==\nTcpExt: ");
  });

  test("are not used for an incident that began before they were taken", async () => {
    const { baselines } = aBaselines();
    await baselines.sample("attached");
    expect(baselines.before("netstat", 5e9)).toBeUndefined();
  });

  test("are replaced by a later sample, and stay if there is nothing to read", async () => {
    const { clock, baselines } = aBaselines();
    await baselines.sample("attached");
    clock.nowNs = 9e9;
    await Promise.all([baselines.sample("resolved"), baselines.sample("resolved")]);
    expect(baselines.before("netstat", Infinity)).toMatchObject({ takenNs: 9e9, reason: "resolved" });
    expect(baselines.before("stats-delta", Infinity)).toBeUndefined();
  });

  test("count failed samples by cause, and have the reason of the last", async () => {
    const good = { end: "exited", exitCode: 0, output: new Uint8Array(1), truncated: false, errorText: "" };
    const results: readonly [Partial<ChildResult>, string | undefined, number[]][] = [
      [{}, undefined, [0, 0, 0]],
      [{ end: "timed_out", exitCode: undefined }, "killed after 3000 ms", [1, 0, 0]],
      [{ end: "full", truncated: true }, "more than 1048576 bytes", [1, 1, 0]],
      [{ exitCode: 1, errorText: "tail: EIO\nmore" }, "tail: EIO", [1, 1, 1]],
      [{ exitCode: 2 }, "exit code 2", [1, 1, 2]],
      [notStarted("8 earlier programs hang"), "8 earlier programs hang", [1, 1, 3]],
      [{}, undefined, [1, 1, 3]],
    ];
    let next: Partial<ChildResult> = {};
    // The output of ss is sampled as well, if it is installed.
    const run: Children["run"] = async ([program]) =>
      ({ ...good, ...(program.endsWith("/ss") ? {} : next) }) as ChildResult;
    const { clock, baselines } = aBaselines({ children: { run } });
    for (const [result, why, counts] of results) {
      next = result;
      clock.nowNs += 1e9;
      await baselines.sample("resolved");
      const failed = baselines.failedBefore("netstat", Infinity);
      expect(failed).toEqual(
        why === undefined ? undefined : { takenNs: clock.nowNs, reason: "resolved", why },
      );
      expect(baselines.failedBefore("netstat", clock.nowNs)).toBeUndefined();
      const { samples_timed_out, samples_too_big, samples_failed } = baselines.losses;
      expect([samples_timed_out, samples_too_big, samples_failed]).toEqual(counts);
    }
    expect(baselines.before("netstat", Infinity)?.takenNs).toBe(clock.nowNs);
  });

  test("stay if a later sample fails", async () => {
    const children = new Children();
    const runs = { run: children.run.bind(children) };
    const { clock, baselines } = aBaselines({ children: { run: (...of) => runs.run(...of) } });
    await baselines.sample("attached");
    runs.run = async () => notStarted("no");
    clock.nowNs = 9e9;
    await baselines.sample("resolved");
    expect(baselines.before("netstat", Infinity)).toMatchObject({ takenNs: 5e9, reason: "attached" });
    expect(baselines.failedBefore("netstat", Infinity)).toMatchObject({ takenNs: 9e9, why: "no" });
  });

  test("name the files that a host does not have, and count no loss", async () => {
    const { baselines } = aBaselines();
    await baselines.sample("attached");
    expect(baselines.failedBefore("stats-delta", Infinity)?.why).toBe("/proc/fs/cifs/Stats does not exist");
    expect(Object.values(baselines.losses)).toEqual([0, 0, 0]);
  });

  test("are not taken while aod stops", async () => {
    const { baselines } = aBaselines({ stop: AbortSignal.abort() });
    await baselines.sample("attached");
    expect(baselines.before("netstat", Infinity)).toBeUndefined();
    expect(baselines.failedBefore("netstat", Infinity)).toBeUndefined();
    expect(Object.values(baselines.losses)).toEqual([0, 0, 0]);
  });
});
