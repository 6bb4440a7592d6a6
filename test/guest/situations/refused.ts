// Situations with refusals: a full disk, a share that is gone, a changed password.

import { mount, mountPoint } from "../mount.ts";
import { FILESERVER1 } from "../network.ts";
import { killConnections, withFullDisk, withOtherPassword, withoutShare } from "../server.ts";
import { ALPHA, BETA } from "./late.ts";
import type { Expected, Situation, Trouble } from "./situation.ts";
import { shell, sleepSec } from "./work.ts";

const refused = (cause: string, shares: readonly string[], headline: RegExp): Expected => ({
  family: "refusals",
  causes: [cause],
  shares,
  headline,
});

export const fullDisk: Trouble = {
  did: "the disk of a share is full; twelve writes",
  provoke: () =>
    withFullDisk(() =>
      shell(
        `for i in $(seq 12); do dd if=/dev/zero of=${mountPoint("slowDisk")}/more bs=64k count=1 oflag=direct status=none; done; rm -f ${mountPoint("slowDisk")}/more`,
        30,
      ),
    ),
  expect: refused("server", [BETA], /disk full \(STATUS_DISK_FULL \d+ ×/),
};

export const otherPassword: Trouble = {
  did: "the password was changed, and the connection is made anew",
  provoke: () =>
    withOtherPassword(async () => {
      await killConnections(FILESERVER1.address);
      await sleepSec(1);
      await shell(`for i in 1 2 3; do ls ${mountPoint("plain")}/many >/dev/null 2>&1; sleep 1; done`, 30);
    }),
  expect: refused("session", ["//fileserver1"], /logging on fails \(STATUS_LOGON_FAILURE \d+ ×/),
};

const onMounts =
  (...names: readonly Parameters<typeof mount>[0][]) =>
  async () => {
    for (const name of names) await mount(name);
  };

export const refusedSituations: readonly Situation[] = [
  { name: "a full disk", prepare: onMounts("slowDisk"), troubles: [fullDisk] },
  {
    name: "a share that was removed",
    prepare: onMounts("plain"),
    troubles: [
      {
        did: "the server does not have the share any more",
        provoke: () =>
          withoutShare("alpha", () =>
            shell(`for i in 1 2 3; do ls ${mountPoint("plain")}/many >/dev/null 2>&1; sleep 1; done`, 30),
          ),
        expect: refused("session", [ALPHA], /share/),
      },
    ],
  },
  { name: "a changed password", prepare: onMounts("plain"), troubles: [otherPassword] },
];
