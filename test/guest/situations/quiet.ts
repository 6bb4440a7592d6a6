// Situations of a healthy day, without any incident.

import { mount, mountPoint } from "../mount.ts";
import { withDelay } from "../network.ts";
import type { Situation } from "./situation.ts";
import { atWork, io, shell, sleepSec, useShare } from "./work.ts";

const healthy = (name: string, did: string, provoke: () => Promise<void>): Situation => ({
  name,
  prepare: async () => {
    for (const kind of ["plain", "slowDisk"] as const) await mount(kind);
  },
  troubles: [{ did, provoke, expect: undefined }],
});

export const quietSituations: readonly Situation[] = [
  healthy("an idle day", "nothing for ten seconds", () => sleepSec(10)),
  healthy("a day of mixed work", "lists, reads, writes and deletes on two shares", async () => {
    for (let turn = 0; turn < 3; turn++)
      for (const kind of ["plain", "slowDisk"] as const) await useShare(kind);
  }),
  healthy("a build", "200 small files written, read and removed", () =>
    shell(
      `cd ${mountPoint("plain")} && mkdir -p build && for i in $(seq 200); do echo $i >build/$i; done; cat build/* >/dev/null; rm -rf build`,
      60,
    ),
  ),
  healthy("a backup", "one MiB read and written again and again by one process", () =>
    atWork([io("plain")], () => sleepSec(10)),
  ),
  healthy("a long network path", "lists and names that are not there over 20 ms", () =>
    withDelay(10, async () => {
      await shell(
        `ls -l ${mountPoint("plain")}/many >/dev/null; find ${mountPoint("plain")}/many | tail -1 >/dev/null`,
        30,
      );
      await shell(`for i in $(seq 50); do cat ${mountPoint("plain")}/not-$i 2>/dev/null; done`, 30);
    }),
  ),
  healthy("a user who may not", "30 reads of a file that belongs to another user", async () => {
    await mount("limited");
    await shell(`for i in $(seq 30); do cat ${mountPoint("limited")}/secret >/dev/null 2>&1; done`);
  }),
];
