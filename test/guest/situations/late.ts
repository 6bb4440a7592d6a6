// Situations with late replies: the network path, the server's disk, its credits, this machine's CPUs.

import { mount, mountPoint } from "../mount.ts";
import { withDelay, withWeather } from "../network.ts";
import { Provoker, run } from "../process.ts";
import { withFewCredits, withSlowDisk, withStoppedServer } from "../server.ts";
import type { Expected, Situation, Trouble } from "./situation.ts";
import { atWork, ENDLESS, io, look, sleepSec } from "./work.ts";

export const ALPHA = "//fileserver1/alpha";
export const BETA = "//fileserver1/beta";

/** The delay in each direction, for a round trip of 150 ms. */
const ONE_WAY_MS = 75;

export const late = (causes: readonly string[], shares: readonly string[]): Expected => ({
  family: "availability",
  causes,
  shares,
});

/** Delays the network path while one process works. */
export const slowPath = (mountName: "plain" | "ipv6" | "slowDisk", share: string): Trouble => ({
  did: "150 ms on the network path, one process",
  provoke: () => atWork([io(mountName)], () => withDelay(ONE_WAY_MS, () => sleepSec(12))),
  expect: late(["network"], [share]),
});

export const slowDisk: Trouble = {
  did: "writes take 400 ms longer on the server's disk",
  provoke: () => atWork([io("slowDisk", 2)], () => withSlowDisk(400, () => sleepSec(10))),
  expect: late(["server"], [BETA]),
};

/** Runs real-time tasks on the only CPU that the share's users and the client's thread may use. */
export const noCpu: Trouble = {
  did: "no CPU for the tasks of a share",
  provoke: async () => {
    const onItsCpu = ["taskset", "-c", "1"];
    const others = (await run("pidof", "smbd")).trim().split(" ");
    for (const pid of others) await run("taskset", "-acp", "0", pid);
    const provoker = await Provoker.startIn(
      onItsCpu,
      "look-often",
      `${mountPoint("plain")}/many`,
      4,
      ENDLESS,
    );
    const hog = Bun.spawn([...onItsCpu, "chrt", "-f", "50", "sh", "-c", "while :; do :; done"]);
    try {
      provoker.go();
      await sleepSec(10);
    } finally {
      hog.kill("SIGKILL");
      provoker.kill();
      for (const pid of others) await run("taskset", "-acp", "0,1", pid);
    }
  },
  expect: late(["host"], [ALPHA]),
};

const onMounts =
  (...names: readonly Parameters<typeof mount>[0][]) =>
  async () => {
    for (const name of names) await mount(name);
  };

export const lateSituations: readonly Situation[] = [
  { name: "a slow path, one process", prepare: onMounts("plain"), troubles: [slowPath("plain", ALPHA)] },
  {
    name: "a slow path, many processes",
    prepare: onMounts("plain"),
    troubles: [
      {
        did: "150 ms on the network path, eight threads",
        provoke: () => atWork([io("plain", 8)], () => withDelay(ONE_WAY_MS, () => sleepSec(8))),
        expect: late(["network"], [ALPHA]),
      },
    ],
  },
  {
    name: "a slow path over IPv6",
    prepare: onMounts("ipv6"),
    troubles: [slowPath("ipv6", "//fileserver1-v6/alpha")],
  },
  { name: "a slow disk", prepare: onMounts("slowDisk"), troubles: [slowDisk] },
  {
    name: "a slow disk over SMB 2.1",
    prepare: onMounts("oldDialect"),
    troubles: [
      {
        did: "writes take 400 ms longer on the server's disk",
        provoke: () => atWork([io("oldDialect", 2)], () => withSlowDisk(400, () => sleepSec(10))),
        expect: late(["server"], [BETA]),
      },
    ],
  },
  {
    name: "a slow share beside a healthy one",
    prepare: onMounts("plain", "slowDisk"),
    troubles: [
      {
        did: "writes take 400 ms longer on the disk of one of two shares",
        provoke: () => atWork([io("slowDisk", 2), io("plain")], () => withSlowDisk(400, () => sleepSec(10))),
        expect: late(["server"], [BETA]),
      },
    ],
  },
  {
    name: "a server that pauses again and again",
    prepare: onMounts("plain"),
    troubles: [
      {
        did: "the server stops for 0.4 s, 14 times in as many seconds",
        provoke: () =>
          atWork([io("plain")], async () => {
            for (let turn = 0; turn < 14; turn++) {
              await withStoppedServer(() => sleepSec(0.4));
              await sleepSec(0.6);
            }
          }),
        expect: late(["server", "unknown"], [ALPHA]),
      },
    ],
  },
  {
    name: "requests that get lost",
    prepare: onMounts("plain"),
    troubles: [
      {
        did: "30 % of the packets to the server get lost",
        provoke: () =>
          atWork([io("plain", 4)], () => withWeather({ toServer: ["loss", "30%"] }, () => sleepSec(10))),
        expect: late(["network"], [ALPHA]),
      },
    ],
  },
  {
    name: "replies that get lost",
    prepare: onMounts("plain"),
    troubles: [
      {
        did: "40 % of the packets from the server get lost",
        provoke: () =>
          atWork([io("plain", 4)], () => withWeather({ toClient: ["loss", "40%"] }, () => sleepSec(12))),
        expect: late(["network", "unknown"], [ALPHA]),
      },
    ],
  },
  {
    name: "few credits",
    prepare: () => withFewCredits(16, () => mount("plain")),
    troubles: [
      {
        did: "a server that grants 16 credits, 300 tasks, 40 ms on the network path",
        provoke: () => atWork([look("plain", 300)], () => withDelay(20, () => sleepSec(14))),
        expect: late(["credits"], [ALPHA]),
      },
    ],
  },
  { name: "no CPU", prepare: onMounts("plain"), troubles: [noCpu] },
  {
    name: "a slow path to a slow disk",
    prepare: onMounts("slowDisk"),
    troubles: [
      {
        did: "200 ms on the network path, and writes take 800 ms longer on the disk",
        provoke: () =>
          withSlowDisk(800, () => withDelay(100, () => atWork([io("slowDisk", 4)], () => sleepSec(8)))),
        expect: late(["unknown"], [BETA]),
      },
    ],
  },
];
