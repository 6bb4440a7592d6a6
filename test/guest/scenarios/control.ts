// The control socket over a real mount: root gets the state of its shares and captures on demand; another user gets
// nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Capture } from "../capture.ts";
import { AOD, type Daemon } from "../daemon.ts";
import { isInFlight, MOUNTS, mountPoint } from "../mount.ts";
import { FILESERVER1, withDelay } from "../network.ts";
import { finish, Provoker, run, waitFor } from "../process.ts";
import type { Scenario } from "../scenario.ts";
import { withStoppedServer } from "../server.ts";

const DELAY_MS = 4000;
const THREADS = 2;
const ROUNDS = 20;
/** The duration of work that ends earlier, when it has been seen. */
const ENDLESS = 10_000;
/** Longer than the kernel's work queues need to release a link, also on an emulated processor. */
const SETTLE_MS = 2000;
const CIFS_REFERENCES = "/sys/module/cifs/refcnt";

// No rule trips, so there are only captures on demand.
const RULE = `
guardian:
  anomalies:
    slow_io:
      type: Latency
      acceptable_count: 1000
      default_threshold_ms: 60000
      emergency_threshold_ms: 120000
`;

/** From this age on a request hangs to a snapshot, src/live/hanging.ts. */
const HANG_MS = 1000;
const READ = 8; // MS-SMB2 2.2.1.2

type Snapshot = Capture["manifest"] & {
  readonly hanging?: readonly {
    readonly server: string;
    readonly shares: readonly string[];
    readonly count: number;
    readonly oldest_ms: number;
  }[];
};

/** The fields that these scenarios use; a status has all fields of src/api/status.ts. */
interface Share {
  readonly share: string;
  readonly mount_points: readonly string[];
  readonly requests_total: number | null;
  readonly recent: {
    readonly requests: number;
    readonly rate_per_sec: number;
    readonly p50_ms: number | null;
  };
  readonly in_flight: number;
  readonly oldest_ms: number | null;
}

interface Status {
  readonly watching: { readonly state: string; readonly hooks: readonly { readonly attached: boolean }[] };
  readonly shares: readonly Share[];
  readonly losses: Readonly<Record<string, number>>;
  readonly cost: { readonly request_ns: number | null; readonly kernel_map_bytes: number };
}

interface Live {
  readonly state: string;
  readonly groups: Readonly<
    Record<"share" | "process", readonly { readonly key: string; readonly recent: Share["recent"] }[]>
  >;
}

async function status(): Promise<Status> {
  return JSON.parse(await run(AOD, "status", "--json"));
}

async function statusOf(share: string): Promise<Share | undefined> {
  return (await status()).shares.find((row) => row.share === share);
}

const share = MOUNTS.plain.source;
const file = `${mountPoint("plain")}/data`;

export const controlScenarios: readonly Scenario[] = [
  {
    name: "control: status has the share, where it is mounted, its rate, and what is in flight",
    mounts: ["plain"],
    config: RULE,
    async run() {
      // Requests count after all tracepoints are attached and the kernel knows the share, a moment after the first of
      // them.
      await waitFor("the share to be known", async () => (await statusOf(share)) !== undefined);
      const busy = await Provoker.start("direct-io", file, THREADS, ROUNDS);
      busy.go();
      await busy.done();
      const { watching, losses, cost } = await status();
      assert.equal(watching.state, "watching");
      assert.ok(watching.hooks.filter(({ attached }) => attached).length >= 3);
      assert.deepEqual(
        Object.entries(losses).filter(([, count]) => count > 0),
        [],
        "nothing is lost",
      );
      assert.ok(cost.kernel_map_bytes > 4 * 2 ** 20, "the request table alone has four MiB");
      const row = await statusOf(share);
      assert.deepEqual(row?.mount_points, [mountPoint("plain")]);
      assert.ok((row?.recent.requests ?? 0) >= THREADS * ROUNDS * 2, JSON.stringify(row));
      assert.ok((row?.recent.rate_per_sec ?? 0) > 0 && (row?.recent.p50_ms ?? 0) > 0, JSON.stringify(row));
      assert.ok((row?.requests_total ?? 0) >= THREADS * ROUNDS * 2, JSON.stringify(row));

      const waiting = await Provoker.start("direct-read", file);
      await withDelay(DELAY_MS, async () => {
        waiting.go();
        const open = await waitFor("a request in flight in the status", async () => {
          const now = await statusOf(share);
          return (now?.in_flight ?? 0) > 0 ? now : undefined;
        });
        assert.ok((open.oldest_ms ?? 0) > 0, JSON.stringify(open));
        await waiting.done();
      });
      await waitFor("nothing in flight", async () => (await statusOf(share))?.in_flight === 0);
      const text = await run(AOD, "status");
      assert.match(text, /^aod watches every SMB request/);
      assert.ok(text.includes(share), text);
    },
  },
  {
    name: "control: a snapshot prints its path, and its manifest has the reason",
    mounts: ["plain"],
    config: RULE,
    async run({ aod }) {
      const path = (await run(AOD, "snapshot", "--reason", "users say that it is slow")).trim();
      const manifest = (await openAt(aod, path)) as { readonly trigger?: string; readonly reason?: string };
      assert.equal(manifest.trigger, "manual");
      assert.equal(manifest.reason, "users say that it is slow");
    },
  },
  {
    name: "control: a snapshot during a hang names the server, the share and the processes that wait",
    mounts: ["plain"],
    config: RULE,
    async run({ aod }) {
      const waiting = [await Provoker.start("direct-read", file), await Provoker.start("direct-read", file)];
      const pids = waiting.map(({ pid }) => pid).toSorted();
      await withStoppedServer(async () => {
        for (const provoker of waiting) provoker.go();
        await waitFor("the reads to be in flight", () => pids.every((pid) => isInFlight(READ, pid)));
        await waitFor(
          "them to be old enough",
          async () => ((await statusOf(share))?.oldest_ms ?? 0) > HANG_MS,
        );
        const path = (await run(AOD, "snapshot", "--reason", "the share hangs")).trim();
        const manifest = (await openAt(aod, path)) as Snapshot;
        assert.deepEqual(
          manifest.hanging?.map(({ server, shares, count }) => ({ server, shares, count })),
          [{ server: FILESERVER1.name, shares: [share], count: waiting.length }],
        );
        assert.ok((manifest.hanging?.[0]?.oldest_ms ?? 0) > HANG_MS, JSON.stringify(manifest.hanging));
        assert.equal(manifest.share, share);
        assert.equal(manifest.attribution?.server, FILESERVER1.name);
        assert.deepEqual(manifest.attribution?.mount_points, [mountPoint("plain")]);
        assert.deepEqual(manifest.attribution?.processes.map(({ pid }) => pid).toSorted(), pids);
        assert.deepEqual(manifest.evidence.map(({ tid }) => Number(tid)).toSorted(), pids);
        const shown = await run(AOD, "captures", "show", "latest", "--config", aod.configFile);
        assert.match(shown, /^hanging +2 on fileserver1 \(\/\/fileserver1\/alpha\), the oldest for /m);
        for (const pid of pids) assert.match(shown, new RegExp(`provoker \\(${pid}\\)`));
        assert.match(shown, /^ {2}\d.* SMB2_READ +in flight /m);
      });
      for (const provoker of waiting) await provoker.done();
    },
  },
  {
    name: "control: another user is refused, and a second aod works without a socket",
    mounts: ["plain"],
    config: RULE,
    async run(daemons) {
      const { aod } = daemons;
      const refused = await finish(["setpriv", "--reuid=65534", "--clear-groups", AOD, "status"]);
      assert.equal(refused.exitCode, 77, refused.stderr);
      assert.equal(refused.stdout, "");
      const second = daemons.start(RULE);
      await second.attached();
      assert.match(second.log, /no control socket: another aod uses it/);
      assert.equal((await status()).watching.state, "watching");
      await aod.stop();
      const unanswered = await finish([AOD, "status"]);
      assert.equal(unanswered.exitCode, 69, unanswered.stderr);
    },
  },
  {
    name: "control: top without a daemon attaches by itself, and detaches",
    mounts: ["plain"],
    config: RULE,
    async run({ aod }) {
      const watched = references();
      await aod.stop();
      const before = await referencesWithout(watched);
      const busy = await Provoker.start("direct-io", file, THREADS, ENDLESS);
      busy.go();
      const live: Live = JSON.parse(await run(AOD, "top", "--once", "--json", "--every", "5"));
      busy.kill();
      assert.equal(live.state, "watching");
      const row = live.groups.share.find(({ key }) => key === share);
      assert.ok((row?.recent.requests ?? 0) > 0, JSON.stringify(live));
      assert.ok(
        live.groups.process.some(({ key }) => key.startsWith("provoker ")),
        JSON.stringify(live.groups.process),
      );
      await waitFor("top to let go of the module", () => references() <= before);
    },
  },
];

function references(): number {
  return Number(readFileSync(CIFS_REFERENCES, "utf8"));
}

/**
 * The rest of `watched` without aod. A work queue of the kernel drops a link's reference after the process has ended.
 */
async function referencesWithout(watched: number): Promise<number> {
  let last = await waitFor("aod to let go of the module", () => {
    const now = references();
    return now < watched && now;
  });
  for (;;) {
    await Bun.sleep(SETTLE_MS);
    const now = references();
    if (now === last) return now;
    last = now;
  }
}

async function openAt(aod: Daemon, path: string): Promise<unknown> {
  assert.ok(path.startsWith(`${aod.outputDir}/batches/`), path);
  return (await aod.open(path.slice(path.lastIndexOf("/") + 1))).manifest;
}
