// One request that takes too long, and one that gets no reply at all: the capture is complete before the request ends.

import assert from "node:assert/strict";
import { LISTS_CHANNELS } from "../kernel.ts";
import { isInFlight, MOUNTS, type MountName, mountPoint } from "../mount.ts";
import { withDelay } from "../network.ts";
import { Provoker, waitFor } from "../process.ts";
import { SLOW_IO } from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import { withStoppedServer } from "../server.ts";
import { hangs } from "../tasks.ts";

const READ = 8; // MS-SMB2 2.2.1.2

const EMERGENCY_ONLY = `
watch_interval_sec: 1
guardian:
  anomalies:
${SLOW_IO}      actions: [debugdata, inflight, openfiles, stats-delta, netstat, dfscache, versions]
`;

const aHang = (what: string, name: MountName): Scenario => ({
  name: `hung: a stopped server leaves a request on ${what} without reply, and the capture appears meanwhile`,
  mounts: [name],
  config: EMERGENCY_ONLY,
  async run({ aod }) {
    const provoker = await Provoker.start("direct-read", `${mountPoint(name)}/data`);
    const isListed = LISTS_CHANNELS || name !== "multichannel";
    const isHanging = () => (isListed ? isInFlight(READ, provoker.pid) : hangs(provoker.pid));
    await withStoppedServer(async () => {
      provoker.go();
      await waitFor("the read to be in flight", isHanging);
      const { manifest, rows, log } = await aod.capture();
      assert.ok(isHanging(), "the request hangs on while the capture is there");
      assert.equal(manifest.rule, "slow_io");
      assert.equal(manifest.kind, "hung");
      assert.equal(manifest.share, MOUNTS[name].source);
      assert.ok(manifest.evidence.length >= 1, "the request is evidence");
      // Older kernels do not list requests in flight on further channels.
      const causes = name === "multichannel" ? ["server", "unknown"] : ["server"];
      assert.ok(causes.includes(manifest.verdict.cause), JSON.stringify(manifest.verdict));
      const hung = rows.filter((row) => row.pid === provoker.pid && row.state === "in_flight");
      assert.deepEqual(
        hung.map(({ command, tid, comm, share }) => ({ command, tid, comm, share })),
        [{ command: "SMB2_READ", tid: provoker.pid, comm: "provoker", share: MOUNTS[name].source }],
      );
      if (isListed) assert.match(log("debugdata"), new RegExp(`com: ${READ} pid: ${provoker.pid}\\b`));
      const inflight = log("inflight");
      assert.match(inflight, new RegExp(`SMB2_READ +${provoker.pid} +${provoker.pid} +provoker `));
      // Its stack begins with the function of its wchan.
      const wchan = / provoker .* (\w[\w.]*)$/m.exec(inflight)?.[1] ?? "none";
      assert.ok(inflight.includes(`stack of ${provoker.pid}\n[<0>] ${wchan}+`), inflight);
      assert.match(
        log("openfiles"),
        new RegExp(`^${MOUNTS[name].source}  pid ${provoker.pid}, .*  data$`, "m"),
      );
      assert.match(log("stats-delta"), /^compared with a sample .* when aod attached to the client$/m);
      assert.match(log("netstat"), /^\d+ of \d{2,} counters changed$/m);
      assert.match(log("dfscache"), /^DFS cache\n/);
      assert.match(log("versions"), /^\/sys\/module\/cifs\/parameters\/\w+:/m);
    });
    await provoker.done();
    assert.equal(aod.captures.length, 1, "the reply that came at last makes no second capture");
  },
});

export const hungScenarios: readonly Scenario[] = [
  {
    name: "emergency: one request of 1.2 s trips at once",
    mounts: ["plain"],
    config: EMERGENCY_ONLY,
    async run({ aod }) {
      const provoker = await Provoker.start("direct-read", `${mountPoint("plain")}/data`);
      const before = Date.now();
      await withDelay(600, async () => {
        provoker.go();
        await provoker.done();
      });
      const { manifest, rows } = await aod.capture();
      assert.equal(manifest.rule, "slow_io");
      assert.ok(["emergency", "hung"].includes(manifest.kind), `kind ${manifest.kind}`);
      assert.equal(manifest.share, MOUNTS.plain.source);
      const tripped = Date.parse(manifest.triggered_at) - before;
      assert.ok(tripped >= 1_000, `tripped after ${tripped} ms, not before the threshold`);
      const [read] = rows.filter((row) => row.pid === provoker.pid && row.command === "SMB2_READ");
      assert.equal(read?.comm, "provoker");
      assert.ok(["in_flight", "done"].includes(read?.state ?? ""), `state ${read?.state}`);
    },
  },
  aHang("a plain mount", "plain"),
  aHang("an encrypted mount", "seal"),
  aHang("a mount over three channels", "multichannel"),
];
