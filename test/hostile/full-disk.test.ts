// A disk that is full when an incident opens, and has space again later.

import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mountSmall } from "../helpers/small-disk.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon, sendRequests } from "./hostile-daemon.ts";

describeHostile("a daemon whose disk is full", () => {
  const disk = mountSmall("24m") ?? "";
  const daemon = new HostileDaemon("capture: { min_free_mb: 1 }\n", join(disk, "out"));

  test("drops captures, reports the reason as long as it lasts, and captures when there is space", async () => {
    expect(disk).not.toBe("");
    daemon.start();
    await daemon.says("ready");
    await daemon.detect();
    const filler = join(disk, "filler");
    try {
      writeFileSync(filler, Buffer.alloc(32 << 20));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
    }
    await sendRequests(daemon.pid, 8, 20_000);
    await daemon.says("capture dropped");
    const { troubles } = await daemon.status();
    expect(troubles).toContainEqual(
      expect.objectContaining({
        subject: "output_folder",
        over_at: null,
        text: expect.stringContaining("capture.min_free_mb"),
      }),
    );
    const dropped = daemon.log.split("capture dropped").length - 1;
    rmSync(filler);
    const { tookMs } = await daemon.detect();
    expect(daemon.isRunning).toBe(true);
    const after = await daemon.status();
    expect(after.troubles.find(({ subject }) => subject === "output_folder")?.over_at).not.toBeNull();
    recordFault({
      fault: "the disk of the output folder is full",
      reaction: "drops captures before they begin, reports it in status, doctor, metrics and log",
      lost: { "captures while it was full": dropped },
      normalAfterMs: tookMs,
    });
  });
});
