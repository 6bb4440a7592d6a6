// Situations with missing replies: a server that stops, crashes or can't be reached.

import { mount } from "../mount.ts";
import { FILESERVER1, FILESERVER2, withoutLink, withWeather } from "../network.ts";
import { finish, Provoker, run } from "../process.ts";
import { killServer, startServerAgain, withFrozenDisk, withStoppedServer } from "../server.ts";
import { makeFilesOfNewOwner, withSilentIdmap } from "../upcall.ts";
import { ALPHA, BETA, late } from "./late.ts";
import type { Situation, Trouble } from "./situation.ts";
import { atWork, ENDLESS, io, sleepSec } from "./work.ts";

const onMounts =
  (...names: readonly Parameters<typeof mount>[0][]) =>
  async () => {
    for (const name of names) await mount(name);
  };

export const stopped = (mountName: Parameters<typeof mount>[0], share: string): Trouble => ({
  did: "the server's processes are stopped for 8 s",
  provoke: () => atWork([io(mountName)], () => withStoppedServer(() => sleepSec(8))),
  expect: late(["server"], [share]),
});

/** The server's machine answers, its service does not. */
export const killed = (mountName: Parameters<typeof mount>[0], share: string): Trouble => ({
  did: "the server's processes are killed, and started again after 8 s",
  provoke: () =>
    atWork([io(mountName, 2)], async () => {
      await killServer(FILESERVER1);
      await sleepSec(8);
      await startServerAgain(FILESERVER1);
      await sleepSec(4);
    }),
  expect: late(["server"], [share, "//fileserver1"]),
});

// A request that is sent before the path is cut may be acknowledged and only lack its reply, like a request to a slow
// server. So the files are open by then, and no request is in flight.
export const missingSituations: readonly Situation[] = [
  {
    name: "a stopped server, two shares",
    prepare: onMounts("alpha", "beta"),
    troubles: [
      {
        did: "the server's processes are stopped for 8 s",
        provoke: () => atWork([io("alpha", 3), io("beta", 2)], () => withStoppedServer(() => sleepSec(8))),
        expect: late(["server"], [ALPHA, BETA]),
      },
    ],
  },
  {
    name: "a stopped server over IPv6",
    prepare: onMounts("ipv6"),
    troubles: [stopped("ipv6", "//fileserver1-v6/alpha")],
  },
  {
    name: "a stopped server over SMB 2.1",
    prepare: onMounts("oldDialect"),
    troubles: [stopped("oldDialect", BETA)],
  },
  {
    name: "a frozen disk",
    prepare: onMounts("slowDisk"),
    troubles: [
      {
        did: "the file system of a share is frozen for 8 s",
        provoke: () => atWork([io("slowDisk", 2)], () => withFrozenDisk("beta", () => sleepSec(8))),
        expect: late(["server"], [BETA]),
      },
    ],
  },
  { name: "a killed server", prepare: onMounts("plain"), troubles: [killed("plain", ALPHA)] },
  {
    name: "a firewall that drops",
    prepare: onMounts("plain"),
    troubles: [
      {
        did: "no packet reaches the server for 8 s",
        provoke: async () => {
          const opened = await io("plain", 2)();
          await withWeather({ toServer: ["loss", "100%"] }, () =>
            atWork([async () => opened], () => sleepSec(8)),
          );
        },
        expect: late(["network"], [ALPHA]),
      },
    ],
  },
  {
    name: "a link that is down",
    prepare: onMounts("plain"),
    troubles: [
      {
        did: "the server's interface is down for 8 s",
        provoke: async () => {
          const opened = await io("plain", 2)();
          await withoutLink(FILESERVER1, () => atWork([async () => opened], () => sleepSec(8)));
        },
        expect: late(["network"], [ALPHA]),
      },
    ],
  },
  {
    name: "a lock inside the client",
    prepare: onMounts("cifsAcl"),
    troubles: [
      {
        did: "the program that gives the client an id for each SID does not answer for 20 s, two tasks",
        provoke: async () => {
          const looks = makeFilesOfNewOwner(2).map((file) => () => Provoker.start("look", file));
          await withSilentIdmap(() => atWork(looks, () => sleepSec(20)));
        },
        expect: { ...late(["client"], [ALPHA]), headline: /client of this machine/ },
      },
    ],
  },
  {
    name: "a DFS target that is gone",
    prepare: async () => {
      await finish(["mkdir", "-p", "/mnt/dfs"]);
      await run(
        ...["mount", "-t", "cifs", "//fileserver1/dfs", "/mnt/dfs"],
        ...["-o", "username=root,password=guest,vers=3.1.1,nosharesock"],
      );
      await finish(["ls", "/mnt/dfs/direct"]);
    },
    troubles: [
      {
        did: "the server that a DFS link leads to is stopped for 8 s",
        provoke: () =>
          atWork([() => Provoker.start("direct-io", "/mnt/dfs/direct/data", 2, ENDLESS)], () =>
            withStoppedServer(() => sleepSec(8), FILESERVER2),
          ),
        expect: late(["server"], ["//fileserver2/direct"]),
      },
    ],
  },
];
