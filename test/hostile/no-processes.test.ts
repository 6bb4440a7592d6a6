// No process and no thread can be started (fork and clone return EAGAIN): the control group of the running daemon is
// full. Captures are made without the programs of their actions, and a thread that fails meanwhile is restarted.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readCapture } from "../../src/capture/reader.ts";
import { ROOT } from "../helpers/program.ts";
import { countProcesses, joinControlGroup, limitProcesses, makeControlGroup } from "./control-group.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

const group = makeControlGroup("pids");

/**
 * The unit's setting: without it the JavaScript engine sometimes needs a new thread, and ends the process if it gets
 * none.
 */
function serviceEnvironment(): Record<string, string> {
  const unit = readFileSync(join(ROOT, "packaging/systemd/aod.service"), "utf8");
  const words = /^Environment=(.*)$/m.exec(unit)?.[1]?.split(" ") ?? [];
  return Object.fromEntries(words.map((word) => word.split("=", 2) as [string, string]));
}

describeHostile(
  `a daemon that may start no process${group === undefined ? " (takes control groups)" : ""}`,
  () => {
    const aod = new HostileDaemon();

    test.skipIf(group === undefined)(
      "captures what it can, reports the problem, and recovers by itself",
      async () => {
        if (group === undefined) return;
        await aod.start(serviceEnvironment()).says("ready");
        await aod.detect();
        // The programs of the first capture have ended.
        await Bun.sleep(2000);
        joinControlGroup(group, aod.pid);
        limitProcesses(group, countProcesses(group));

        const { name, tookMs } = await aod.detect();
        const { manifest } = readCapture(join(aod.folder, "batches", name));
        const failed = (manifest.actions as readonly { status: string; reason?: string }[]).filter(
          ({ reason }) => reason?.includes("EAGAIN") === true,
        );
        expect(failed.length).toBeGreaterThan(0);
        expect(failed.every(({ status }) => status === "failed")).toBe(true);
        expect((manifest.losses as Record<string, number>).no_processes).toBeGreaterThan(0);
        let status = await aod.status();
        while (!status.troubles.some(({ text }) => text.includes("EAGAIN"))) {
          await Bun.sleep(500);
          status = await aod.status();
        }
        expect(status.losses.no_processes).toBeGreaterThan(0);

        limitProcesses(group, "max");
        const again = readCapture(join(aod.folder, "batches", (await aod.detect()).name));
        expect(JSON.stringify(again.manifest.actions)).not.toContain("EAGAIN");
        expect(aod.log).not.toContain("is started again");
        recordFault({
          fault: "no process can be started (EAGAIN): the control group is full",
          reaction:
            "captures without the programs of actions, records that in the manifest, and reports the limit that is too low",
          lost: { "programs that were not started": status.losses.no_processes ?? 0 },
          normalAfterMs: tookMs,
        });
        aod.signal("SIGTERM");
        expect(await aod.ended()).toBe(0);
      },
    );
  },
);
