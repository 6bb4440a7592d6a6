// A real mount becomes slow: the capture names the rule and has the slow requests with the right command, process,
// thread, session and tree. One row a kind of mount; the modes of the rule alternate among them.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Capture, Row } from "../capture.ts";
import { MOUNTS, type MountName, mount, mountPoint, treeOf } from "../mount.ts";
import { withDelay } from "../network.ts";
import { Provoker, waitFor } from "../process.ts";
import type { Scenario } from "../scenario.ts";

const DELAY_MS = 150;
const SLOW_MS = 2 * DELAY_MS;
const THREADS = 4;
const ROUNDS = 8;

/** The number of slow requests that trips the rule: more than become slow on a busy host by themselves. */
const ACCEPTABLE_COUNT = 20;
const THRESHOLD_MS = 250;

// A healthy request takes up to 90 ms on the emulated machine; slow requests do not reach the emergency threshold.
const latencyRule = (mode: string): string => `
watch_interval_sec: 10
guardian:
  anomalies:
    slow_io:
      type: Latency
      acceptable_count: ${ACCEPTABLE_COUNT}
      default_threshold_ms: ${THRESHOLD_MS}
      emergency_threshold_ms: 20000
      actions: [dmesg, debugdata, stats, mounts, smbinfo]
${mode.replace(/^/gm, "      ")}
`;

const ALL = "mode: all";
const READS_AND_WRITES_ONLY = `mode: trackonly\ntrack_commands: [{command: SMB2_READ, threshold: ${THRESHOLD_MS}}, {command: SMB2_WRITE}]`;
const ALL_BUT_OTHERS = "mode: excludeonly\nexclude_commands: [SMB2_CREATE, SMB2_CLOSE, SMB2_QUERY_INFO]";

interface Slowdown {
  readonly name: string;
  readonly mounts: readonly MountName[];
  readonly mode: string;
  /** Whether aod starts before the mounts, and must learn of them. */
  readonly aodFirst: boolean;
}

const SLOWDOWNS: readonly Slowdown[] = [
  { name: "a plain mount", mounts: ["plain"], mode: ALL, aodFirst: false },
  { name: "a mount with cache=none", mounts: ["cacheNone"], mode: READS_AND_WRITES_ONLY, aodFirst: true },
  { name: "an encrypted mount", mounts: ["seal"], mode: ALL_BUT_OTHERS, aodFirst: true },
  {
    name: "a mount over three channels",
    mounts: ["multichannel"],
    mode: READS_AND_WRITES_ONLY,
    aodFirst: false,
  },
  { name: "two shares of one server", mounts: ["alpha", "beta"], mode: ALL, aodFirst: true },
];

export const latencyScenarios: readonly Scenario[] = SLOWDOWNS.map(({ name, mounts, mode, aodFirst }) => ({
  name: `latency: ${name} turns slow`,
  mounts: aodFirst ? [] : mounts,
  config: latencyRule(mode),
  async run({ aod }) {
    if (aodFirst) for (const one of mounts) await mount(one);
    const provokers = new Map<MountName, Provoker>();
    for (const one of mounts) {
      provokers.set(one, await Provoker.start("direct-io", `${mountPoint(one)}/data`, THREADS, ROUNDS));
    }
    assert.deepEqual(aod.captures, [], "nothing was slow yet");

    await withDelay(DELAY_MS, async () => {
      for (const provoker of provokers.values()) provoker.go();
      for (const provoker of provokers.values()) await provoker.done();
    });
    const capture = await aod.capture();
    const sources = mounts.map((one) => MOUNTS[one].source).toSorted();
    await waitFor("every share that was slow to be in the incident", () =>
      isDeepStrictEqual(aod.incident("slow_io")?.shares?.toSorted(), sources),
    );
    assert.equal(aod.captures.length, 1, "one capture for the server that was slow");
    const opened = aod.history.filter(({ event }) => event === "opened");
    assert.equal(opened.length, 1, "one incident for all shares of the server");
    const [first] = [...provokers].filter(([one]) => MOUNTS[one].source === capture.manifest.share);
    assert.ok(first !== undefined, `captured ${capture.manifest.share}`);
    expectSlowCapture(capture, ...first);
  },
}));

function expectSlowCapture({ manifest, rows }: Capture, name: MountName, provoker: Provoker): void {
  assert.equal(manifest.rule, "slow_io");
  assert.equal(manifest.type, "latency");
  assert.equal(manifest.kind, "slow");
  assert.equal(manifest.trigger, "rule");
  assert.equal(manifest.source, "kernel");
  assert.ok(manifest.evidence.length >= ACCEPTABLE_COUNT, `${manifest.evidence.length} requests of evidence`);
  // The emulated host is sometimes short of CPU; then the cause can't be known.
  assert.ok(["network", "unknown"].includes(manifest.verdict.cause), JSON.stringify(manifest.verdict));
  assert.deepEqual(manifest.actions.map(({ name: action, status }) => `${action} ${status}`).toSorted(), [
    "debugdata ok",
    "dmesg ok",
    "mounts ok",
    "pressure ok",
    "smbinfo ok",
    "sockets ok",
    "stats ok",
  ]);

  const { sessionId, treeId } = treeOf(name);
  // An overdue request counts before its reply, so the last ones may be in flight.
  const transfers = rows.filter((row) => row.pid === provoker.pid && isTransfer(row));
  const slow = transfers.filter(({ latencyMs }) => latencyMs >= THRESHOLD_MS);
  // A request that counted while it was overdue may have met a duplicate key on another channel before its reply.
  const ambiguous = transfers.filter(({ latencyMs }) => Number.isNaN(latencyMs));
  if (name !== "multichannel") assert.deepEqual(ambiguous, [], "one connection has no twins");
  assert.ok(
    slow.length > 0 && slow.length + ambiguous.length >= ACCEPTABLE_COUNT,
    `${slow.length} slow and ${ambiguous.length} ambiguous rows of the process that waited`,
  );
  assert.deepEqual([...new Set(slow.map((row) => row.command))].toSorted(), ["SMB2_READ", "SMB2_WRITE"]);
  for (const row of slow) {
    const place = `row of message at ${row.timeUtc}`;
    assert.ok(provoker.tids.includes(row.tid), `${place}: tid ${row.tid} is one of ${provoker.tids}`);
    assert.equal(row.comm, "provoker", place);
    assert.ok(row.state === "in_flight" || (row.state === "done" && row.latencyMs >= SLOW_MS), place);
    assert.equal(row.sessionId, sessionId, `${place}: session as in DebugData`);
    assert.equal(row.treeId, treeId, `${place}: tree as in DebugData`);
    assert.equal(row.share, MOUNTS[name].source, place);
  }
}

function isTransfer({ command }: Row): boolean {
  return command === "SMB2_READ" || command === "SMB2_WRITE";
}
