// Typical troubles of the night: a server that lets all tasks wait, a lost connection, a share that is gone, one slow
// share beside a fast one. Each makes its incident and no other.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import type { HistoryLine } from "../daemon.ts";
import { isInFlight, MOUNTS, mount, mountPoint, optionsOf } from "../mount.ts";
import { FILESERVER1, withDelay } from "../network.ts";
import { finish, Provoker, waitFor } from "../process.ts";
import type { Scenario } from "../scenario.ts";
import { closeShare, killConnections, withFrozenDisk, withStoppedServer } from "../server.ts";
import { builtInConfig } from "../situations/situation.ts";
import { hangs } from "../tasks.ts";
import { makeFilesOfNewOwner, withSilentIdmap } from "../upcall.ts";

const CREATE = 5; // MS-SMB2 2.2.1.2
const READ = 8;
/** What a lookup sends: CREATE, CLOSE, QUERY_INFO. */
const LOOKING = [CREATE, 6, 16] as const;

const STUCK = `
guardian:
  resolve_after_sec: 2
  anomalies:
    stuck:
      type: Stuck
      threshold_ms: 5000
      actions: [debugdata]
`;

const SIGNALS = `
guardian:
  resolve_after_sec: 2
  anomalies:
    connection:
      type: Signal
      actions: [debugdata]
`;

const THREADS = 40;
/** config/aod.yaml, as run.sh has put it into the guest. */
const SHIPPED_CONFIG = "/payload/aod.yaml";
const isAvailability = ({ family }: HistoryLine) => family === "availability";
/** Where the share is mounted in a mount namespace of its own. */
const INSIDE = "/mnt/inside";

export const troubleScenarios: readonly Scenario[] = [
  {
    name: "stuck: more tasks than credits wait for a stopped server, all are reported, and recover",
    mounts: ["fewCredits"],
    config: STUCK,
    async run({ aod }) {
      const provoker = await Provoker.start("direct-io", `${mountPoint("fewCredits")}/data`, THREADS, 1);
      await withStoppedServer(async () => {
        provoker.go();
        const { manifest } = await aod.capture();
        assert.equal(manifest.rule, "stuck");
        assert.equal(manifest.kind, "hung");
        assert.equal(manifest.share, MOUNTS.fewCredits.source);
        await waitFor("all tasks to be reported", () => aod.incident("stuck")?.standing?.count === THREADS);
      });
      await provoker.done();
      await waitFor("the incident to be resolved", () => aod.incident("stuck")?.state === "resolved");
      const hung = aod.history.filter(({ event }) => event === "recovered").map((line) => line.hung);
      assert.equal(hung.length, 1, "it recovered once");
      assert.equal(hung[0]?.count, THREADS);
      assert.ok((hung[0]?.longest_ms ?? 0) >= 5000, `the longest hung for ${hung[0]?.longest_ms} ms`);
    },
  },
  {
    name: "signal: what the kernel log says of a silent server is an incident, while a task waits for it",
    mounts: ["impatient"],
    config: SIGNALS,
    async run({ aod }) {
      const provoker = await Provoker.start("direct-read", `${mountPoint("impatient")}/data`);
      await withStoppedServer(async () => {
        provoker.go();
        await waitFor("the kernel's line", () => aod.log.includes("signal=server_not_responding"));
        await waitFor("its incident", () =>
          aod.log.includes("incident opened: the connection is in trouble"),
        );
      });
      await waitFor("the incident to be over", () => aod.incident("connection")?.state === "resolved");
      assert.equal(aod.incident("connection")?.share?.split("/").slice(0, 3).join("/"), "//fileserver1");
    },
  },
  {
    name: "stuck: a daemon that starts late finds requests that hang already",
    mounts: ["plain"],
    async run(daemons) {
      const provoker = await Provoker.start("direct-read", `${mountPoint("plain")}/data`);
      await withStoppedServer(async () => {
        provoker.go();
        await waitFor("the read to be in flight", () => isInFlight(READ, provoker.pid));
        const aod = daemons.start(STUCK);
        const { manifest } = await aod.capture();
        assert.equal(manifest.kind, "hung");
        assert.equal(manifest.share, MOUNTS.plain.source);
        assert.deepEqual(
          manifest.evidence.map(({ command, tid }) => [command, tid]),
          [["SMB2_READ", provoker.pid]],
        );
      });
      await provoker.done();
      await waitFor("the end of it", () => daemons.aod.incident("stuck")?.hung?.count === 1);
    },
  },
  {
    name: "stuck: tasks that wait inside the client without a request are reported, and the verdict names where",
    mounts: ["cifsAcl"],
    async run(daemons) {
      const aod = daemons.start(builtInConfig());
      await aod.attached();
      // Of one file a second lookup would wait in the VFS (d_alloc_parallel), before it enters cifs.
      const paths = [...makeFilesOfNewOwner(2), ...makeFilesOfNewOwner(1)];
      const provokers: Provoker[] = [];
      for (const path of paths) provokers.push(await Provoker.start("look", path));
      await withSilentIdmap(async () => {
        for (const provoker of provokers) provoker.go();
        await waitFor("all tasks to wait without a request in flight", () =>
          provokers.every(({ pid }) => hangs(pid) && !LOOKING.some((command) => isInFlight(command, pid))),
        );
        const { manifest } = await aod.capture();
        assert.equal(manifest.rule, "stuck-requests");
        assert.equal(manifest.kind, "hung");
        assert.equal(manifest.share, MOUNTS.cifsAcl.source);
        const pids = provokers.map(({ pid }) => pid);
        const waiting = manifest.evidence.map(({ tid }) => Number(tid));
        assert.ok(waiting.length > 0 && waiting.every((tid) => pids.includes(tid)), `evidence ${waiting}`);
        assert.equal(manifest.verdict.cause, "client", JSON.stringify(manifest.verdict));
        // The first task of each key starts the program, the others wait for the key: security/keys/request_key.c.
        assert.match(
          manifest.verdict.because.join("; "),
          /inside the SMB client, in .*\b(?:call_usermodehelper_exec|wait_for_key_construction)\b/,
        );
        await waitFor("all tasks to be reported", () => {
          const incident = aod.history.findLast(isAvailability);
          return incident?.standing?.count === provokers.length;
        });
        assert.ok(
          pids.every((pid) => hangs(pid)),
          "they hang on while the capture is there",
        );
      });
      for (const provoker of provokers) await provoker.done();
      const incident = await waitFor("the incident to be resolved", () =>
        aod.history.find((line) => isAvailability(line) && line.event === "resolved"),
      );
      assert.equal(incident.hung?.count, provokers.length);
    },
  },
  {
    name: "stuck: a process that is killed while it waits is no hang",
    mounts: ["plain"],
    config: STUCK,
    async run({ aod }) {
      const provoker = await Provoker.start("look", `${mountPoint("plain")}/never-seen`);
      await withStoppedServer(async () => {
        provoker.go();
        await waitFor("the look to be in flight", () => isInFlight(CREATE, provoker.pid));
        provoker.kill();
        await waitFor("the process to end", () => !provoker.alive);
        // After twice the threshold every report has been made.
        await Bun.sleep(10_000);
      });
      assert.deepEqual(aod.captures, []);
      assert.doesNotMatch(aod.log, /incident opened/);
    },
  },
  {
    name: "signal: a connection that is lost while a task waits is an incident, and is resolved",
    mounts: ["plain"],
    config: SIGNALS,
    async run({ aod }) {
      const provoker = await Provoker.start("direct-read", `${mountPoint("plain")}/data`);
      await withStoppedServer(async () => {
        provoker.go();
        await waitFor("the read to be in flight", () => isInFlight(READ, provoker.pid));
        await killConnections(FILESERVER1.address);
      });
      const { manifest } = await aod.capture();
      assert.equal(manifest.type, "signal");
      assert.equal(manifest.share, `//${FILESERVER1.name}`);
      assert.ok(manifest.evidence.some(({ command }) => command === "smb3_reconnect"));
      await waitFor("the incident to be resolved", () => aod.incident("connection")?.state === "resolved");
      await finish(["ls", mountPoint("plain")]);
    },
  },
  {
    name: "error: a share that the server has closed is trouble at the first refusal",
    mounts: ["plain"],
    config: `
guardian:
  anomalies:
    errors:
      type: Error
      acceptable_count: 1000
      actions: []
`,
    async run({ aod }) {
      await finish(["ls", `${mountPoint("plain")}/many`]);
      await closeShare("alpha");
      await finish(["ls", "-l", `${mountPoint("plain")}/many`]);
      const { manifest } = await aod.capture();
      assert.equal(manifest.kind, "emergency");
      assert.equal(manifest.type, "error");
      assert.equal(manifest.share, MOUNTS.plain.source);
      const statuses = new Set(manifest.evidence.map(({ nt_status }) => nt_status));
      // STATUS_NETWORK_NAME_DELETED, STATUS_USER_SESSION_DELETED
      assert.ok(statuses.has("0xc00000c9") || statuses.has("0xc0000203"), `statuses ${[...statuses]}`);
    },
  },
  {
    name: "shares: of two shares of one server only the slow one is named",
    config: `
guardian:
  anomalies:
    slow:
      type: Latency
      acceptable_count: 1000
      default_threshold_ms: 1000
      emergency_threshold_ms: 3000
      actions: []
    only_alpha:
      type: Latency
      acceptable_count: 1000
      default_threshold_ms: 1000
      emergency_threshold_ms: 3000
      match: {share: "//*/alpha"}
      actions: []
`,
    async run({ aod }) {
      for (const name of ["alpha", "beta"] as const) await mount(name);
      const fast = await Provoker.start("direct-io", `${mountPoint("alpha")}/data`, 2, 20);
      const slow = await Provoker.start("direct-io", `${mountPoint("beta")}/data`, 2, 1);
      await withFrozenDisk("beta", async () => {
        slow.go();
        fast.go();
        await fast.done();
        await aod.capture();
      });
      await slow.done();
      for (const name of aod.captures) {
        const { manifest } = await aod.open(name);
        assert.equal(manifest.rule, "slow");
        assert.equal(manifest.share, MOUNTS.beta.source);
        assert.deepEqual(manifest.shares, [MOUNTS.beta.source]);
        assert.deepEqual(manifest.rules, ["slow"]);
      }
    },
  },
  {
    name: "incident: a stopped server with two shares and the default rules is one incident with at most two captures",
    mounts: ["alpha", "beta"],
    async run(daemons) {
      const aod = daemons.start(readFileSync(SHIPPED_CONFIG, "utf8").replace(/^aod_output_dir:.*$/m, ""));
      await aod.attached();
      const readers: Provoker[] = [];
      for (const name of ["alpha", "beta"] as const)
        readers.push(await Provoker.start("direct-io", `${mountPoint(name)}/data`, 2, 1));
      await withStoppedServer(async () => {
        for (const reader of readers) reader.go();
        await waitFor(
          "both shares and both rules to be in the incident",
          () => {
            const { shares, rules } = aod.history.findLast(isAvailability) ?? {};
            return shares?.length === 2 && rules?.length === 2;
          },
          180_000,
        );
      });
      for (const reader of readers) await reader.done();
      const incident = await waitFor("the incident to be resolved", () =>
        aod.history.find((line) => isAvailability(line) && line.event === "resolved"),
      );
      const events = aod.history.filter(isAvailability).map(({ event }) => event);
      assert.equal(events.filter((event) => event === "opened").length, 1, `events ${events}`);
      assert.equal(events.filter((event) => event === "recovered").length, 1, "it recovered once");
      assert.equal(incident.server, FILESERVER1.name);
      assert.deepEqual(incident.shares?.toSorted(), [MOUNTS.alpha.source, MOUNTS.beta.source]);
      // A request that a second rule counts too is not counted again: 4 tasks read, and each has one request.
      assert.ok((incident.hung?.count ?? 0) <= 4, `${incident.hung?.count} hung`);
      assert.ok(aod.captures.length <= 2, `captures ${aod.captures}`);
    },
  },
  {
    name: "who: a slow process in a mount namespace of its own is named, with its mount point of the share",
    config: `
watch_interval_sec: 10
guardian:
  anomalies:
    slow:
      type: Latency
      acceptable_count: 4
      default_threshold_ms: 250
      emergency_threshold_ms: 20000
      match: {process: "provoker"}
      actions: []
`,
    async run({ aod }) {
      mkdirSync(INSIDE, { recursive: true });
      const mountInside = `mount -t cifs ${MOUNTS.plain.source} ${INSIDE} -o ${optionsOf("plain")} && exec "$@"`;
      const container = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mountInside, "sh"];
      const provoker = await Provoker.startIn(container, "direct-io", `${INSIDE}/data`, 2, 4);
      assert.ok(
        !readFileSync("/proc/self/mountinfo", "utf8").includes(INSIDE),
        "no other mount namespace has that mount",
      );
      await withDelay(150, async () => {
        provoker.go();
        await provoker.done();
      });
      const { manifest } = await aod.capture();
      assert.equal(manifest.share, MOUNTS.plain.source);
      assert.deepEqual(manifest.attribution?.mount_points, [INSIDE]);
      assert.equal(manifest.attribution?.server, FILESERVER1.name);
      assert.equal(manifest.attribution?.dialect, "3.1.1");
      assert.deepEqual(
        manifest.attribution?.processes.map(({ pid, name }) => [pid, name]),
        [[provoker.pid, "provoker"]],
      );
    },
  },
];
