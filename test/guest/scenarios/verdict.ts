// The verdict, one cause at a time: the wire, the server's disk, its credits, this machine's CPUs, two at once. The
// machine is emulated and sometimes short of CPU by itself; then a capture may be `unknown`. At least one must name the
// cause, and none may name another.

import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import type { Daemon } from "../daemon.ts";
import { type MountName, mount, mountPoint } from "../mount.ts";
import { withDelay, withWeather } from "../network.ts";
import { Provoker, run, waitFor } from "../process.ts";
import type { Scenario } from "../scenario.ts";
import { withFewCredits, withSlowDisk } from "../server.ts";

// There is a capture for each anomaly, as long as the trouble lasts.
const SLOW = `
watch_interval_sec: 10
guardian:
  capture_cooldown_sec: 0
  anomalies:
    slow:
      type: Latency
      acceptable_count: 6
      default_threshold_ms: 400
      emergency_threshold_ms: 20000
      actions: [inflight, netstat]
`;

const STUCK = `
guardian:
  capture_cooldown_sec: 0
  anomalies:
    stuck:
      type: Stuck
      threshold_ms: 500
      actions: [inflight, netstat]
`;

const THREADS = 4;
/** The duration of work that ends earlier, when the verdict is there. */
const ENDLESS = 10_000;
const CAPTURES_MAX = 6;

interface Trouble {
  readonly name: string;
  readonly mount: MountName;
  readonly around: (work: () => Promise<void>) => Promise<void>;
  readonly cause: string;
  /** The texts that the reasons must contain. */
  readonly because: readonly RegExp[];
}

const TROUBLES: readonly Trouble[] = [
  {
    name: "a delay on the wire is the network's",
    mount: "plain",
    around: (work) => withDelay(300, work),
    cause: "network",
    because: [/^round trip \d+ ms, at its shortest /],
  },
  {
    name: "requests that get lost are the network's",
    mount: "plain",
    around: (work) => withWeather({ toServer: ["loss", "40%"] }, work),
    cause: "network",
    because: [/% of all bytes were retransmitted since the baseline$|^segments are being retransmitted/],
  },
  {
    name: "a delay of replies alone, from a server with an IPv6 address, is the network's",
    mount: "ipv6",
    around: (work) => withWeather({ toClient: ["delay", "600ms"] }, work),
    cause: "network",
    because: [/^round trip \d+ ms, at its shortest /],
  },
  {
    name: "a slow disk of the server's is the server's",
    mount: "slowDisk",
    around: (work) => withSlowDisk(400, work),
    cause: "server",
    because: [/^everything is acknowledged .*, (replies take|the oldest request has waited) /],
  },
  {
    name: "a long path and a slow disk at once are both reported",
    mount: "slowDisk",
    // The smoothed round trip and its deviation overshoot to 325 ms at first: the disk must take over four times as
    // long.
    around: (work) => withSlowDisk(2000, () => withDelay(100, work)),
    cause: "unknown",
    because: [/ at once$/, /^round trip /, /^everything is acknowledged /],
  },
  {
    name: "without ss only known facts are reported",
    mount: "slowDisk",
    around: (work) => withoutSs(() => withSlowDisk(400, work)),
    cause: "unknown",
    because: [/^sockets were not collected/, /requests were sent and have no reply yet$/],
  },
];

export const verdictScenarios: readonly Scenario[] = [
  ...TROUBLES.map(
    (trouble): Scenario => ({
      name: `verdict: ${trouble.name}`,
      mounts: [trouble.mount],
      config: SLOW,
      async run({ aod }) {
        const file = `${mountPoint(trouble.mount)}/data`;
        // The shortest round trip is known only for a connection that has been used.
        const before = await Provoker.start("direct-io", file, 1, 3);
        before.go();
        await before.done();
        const provoker = await Provoker.start("direct-io", file, THREADS, ENDLESS);
        await trouble.around(async () => {
          provoker.go();
          await expectVerdict(aod, trouble);
          provoker.kill();
        });
      },
    }),
  ),
  {
    name: "verdict: tasks that queue for few credits of a server that answers are distinguished from a slow server",
    config: STUCK,
    async run({ aod }) {
      // To look up a name takes three credits: four tasks are served at a time, and 76 wait.
      await withFewCredits(16, async () => {
        await mount("plain");
        const provoker = await Provoker.start("look-often", `${mountPoint("plain")}/many`, 80, ENDLESS);
        await withDelay(20, async () => {
          provoker.go();
          await expectVerdict(aod, { cause: "credits", because: [/^\d+ tasks wait for credits$/] });
          provoker.kill();
        });
      });
    },
  },
  {
    name: "verdict: replies that find no CPU for their tasks are this machine's",
    mounts: ["plain"],
    config: SLOW,
    async run({ aod }) {
      const others = (await run("pidof", "smbd")).trim().split(" ");
      for (const pid of [...others, String(aod.pid)]) await run("taskset", "-acp", "0", pid);
      const onItsCpu = ["taskset", "-c", "1"];
      const provoker = await Provoker.startIn(
        onItsCpu,
        "look-often",
        `${mountPoint("plain")}/many`,
        THREADS,
        ENDLESS,
      );
      const hog = Bun.spawn([...onItsCpu, "chrt", "-f", "50", "sh", "-c", "while :; do :; done"]);
      try {
        provoker.go();
        const because = [/^\d+ requests have their reply, and their task gets no CPU to take it$/];
        await expectVerdict(aod, { cause: "host", because });
        provoker.kill();
      } finally {
        hog.kill("SIGKILL");
        for (const pid of others) await run("taskset", "-acp", "0,1", pid);
      }
    },
  },
];

/** Opens one capture after the other until one names the cause with its signs; none may name another cause. */
async function expectVerdict(
  aod: Daemon,
  { cause, because }: Pick<Trouble, "cause" | "because">,
): Promise<void> {
  const seen: string[] = [];
  for (let number = 1; number <= CAPTURES_MAX; number++) {
    const names = await waitFor(`capture ${number}, after ${seen.join("; ")}`, () =>
      aod.captures.length >= number ? aod.captures : undefined,
    );
    const { manifest } = await aod.open(names[number - 1] as string);
    const { verdict } = manifest;
    const text = JSON.stringify(verdict);
    seen.push(text);
    assert.ok([cause, "unknown"].includes(verdict.cause), text);
    assert.equal(verdict.confidence > 0, verdict.cause !== "unknown", text);
    // A guest that is short of CPU sometimes shows the moment of the trouble too late.
    const hasSigns = because.every((pattern) => verdict.because.some((one) => pattern.test(one)));
    if (verdict.cause !== cause || !hasSigns) continue;
    // The file exists a moment before the line does.
    await waitFor("the log to say so", () => aod.log.includes(`verdict=${cause} `));
    return;
  }
  assert.fail(`none of ${CAPTURES_MAX} verdicts is ${cause} by ${because}: ${seen.join("\n")}`);
}

/** Hides a program while `work` runs. */
async function withoutSs(work: () => Promise<void>): Promise<void> {
  const path = Bun.which("ss") as string;
  renameSync(path, `${path}.away`);
  try {
    await work();
  } finally {
    renameSync(`${path}.away`, path);
  }
}
