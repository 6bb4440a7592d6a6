// cifs.ko is loaded and unloaded: aod waits for it, watches while it is used, and releases it when nothing uses it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { Daemon } from "../daemon.ts";
import { OPTIONAL_HOOKS } from "../kernel.ts";
import { mount, mountPoint, unmount } from "../mount.ts";
import { finish, run, waitFor } from "../process.ts";
import type { Scenario } from "../scenario.ts";

const MODULE = "/sys/module/cifs";

const ANY_RULE = `
guardian:
  anomalies:
    slow_io:
      type: Latency
      acceptable_count: 1000
      default_threshold_ms: 10000
      emergency_threshold_ms: 20000
`;

export const moduleScenarios: readonly Scenario[] = [
  {
    name: "module: aod waits for cifs, attaches when it is loaded, and lets it be unloaded and loaded again",
    async run(daemons) {
      assert.ok(!existsSync(MODULE), "cifs is not loaded yet");
      const aod = daemons.start(ANY_RULE);
      await waitFor("aod to say that it waits for cifs", () => /wait.*cifs|cifs.*wait/i.test(aod.log));
      assert.deepEqual(aod.hooks, [], "there is nothing to attach to");

      await run("modprobe", "cifs");
      await aod.attached();
      await waitFor("aod to attach to the optional hooks", () => {
        const { hooks } = aod;
        return OPTIONAL_HOOKS.every((hook) => hooks.includes(hook));
      });
      await useMount(aod);
      await waitFor("aod to let go of cifs", () => aod.hooks.length === 0);

      await useMount(aod);
      await waitFor("rmmod cifs to succeed", unload);

      await run("modprobe", "cifs");
      await aod.attached();
      await useMount(aod);
      await waitFor("rmmod cifs to succeed again", unload);
      await run("modprobe", "cifs");
    },
  },
];

/** Mounts, waits until aod watches (it may have detached meanwhile), and finds the requests in a capture. */
async function useMount(aod: Daemon): Promise<void> {
  const started = new Date().toISOString();
  await mount("plain");
  await aod.attached();
  await run("ls", "-l", `${mountPoint("plain")}/many`);
  const { rows, manifest } = await aod.manualCapture();
  const fresh = rows.filter((row) => row.timeUtc >= started && row.command === "SMB2_QUERY_DIRECTORY");
  assert.ok(fresh.length > 0, `requests of this mount are among the ${rows.length} recorded`);
  const { operations_entered = 0, operations_ended = 0 } = manifest.counters;
  assert.ok(operations_ended > 0, `of ${operations_entered} operations some have ended`);
  await unmount("plain");
}

async function unload(): Promise<boolean> {
  if (existsSync(MODULE)) await finish(["rmmod", "cifs"]);
  return !existsSync(MODULE);
}
