// The guest itself, without aod: if one of these fails, the results of the others mean nothing.

import assert from "node:assert/strict";
import {
  hasTreeId,
  MOUNTS,
  type MountName,
  mount,
  mountPoint,
  statsOf,
  treeOf,
  unmountAll,
} from "../mount.ts";
import { withDelay } from "../network.ts";
import { Provoker } from "../process.ts";
import type { Scenario } from "../scenario.ts";

export const guestScenarios: readonly Scenario[] = [
  {
    name: "guest: every kind of mount carries direct reads and writes",
    async run() {
      for (const name of Object.keys(MOUNTS) as MountName[]) {
        await mount(name);
        const tree = hasTreeId(name) ? treeOf(name) : undefined;
        assert.ok(tree === undefined || (tree.sessionId > 0n && tree.treeId > 0), `the tree of ${name}`);
        const before = statsOf(name);
        const provoker = await Provoker.start("direct-io", `${mountPoint(name)}/data`, 2, 3);
        provoker.go();
        await provoker.done();
        const after = statsOf(name);
        for (const operation of ["Reads", "Writes"]) {
          assert.equal((after[operation] ?? 0) - (before[operation] ?? 0), 6, `${operation} of ${name}`);
        }
        await unmountAll();
      }
    },
  },
  {
    name: "guest: the delay on the wire slows a request and its reply",
    mounts: ["plain"],
    async run() {
      const provoker = await Provoker.start("direct-io", `${mountPoint("plain")}/data`, 1, 2);
      const started = performance.now();
      await withDelay(100, async () => {
        provoker.go();
        await provoker.done();
      });
      assert.ok(performance.now() - started >= 4 * 2 * 100, "four requests of 200 ms");
    },
  },
];
