// kill -9 at any moment of a capture or a sweep: the next start finds no incomplete capture and no torn line, and
// works.

import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readCapture } from "../../src/capture/reader.ts";
import { decodeEntries } from "../../src/history/entry.ts";
import { foldIncidents } from "../../src/history/fold.ts";
import { seeded } from "../helpers/random.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon, sendRequests } from "./hostile-daemon.ts";

const MOMENTS = 12;
/** A capture takes some tenths of a second; the first sweep is at the start. */
const WITHIN_MS = 700;

describeHostile("kill -9", () => {
  // So little space that each sweep removes something.
  const aod = new HostileDaemon("cleanup: { max_total_log_size_mb: 0.05, cleanup_interval_sec: 1 }\n");

  test("at any moment leaves complete captures, a readable history, and no unfinished file after the next start", async () => {
    const random = seeded();
    for (let moment = 0; moment < MOMENTS; moment++) {
      aod.log = "";
      await aod.start().says("waiting for the kernel module");
      if (random.chance(0.7)) await sendRequests(aod.pid, 4, 20_000);
      if (random.chance(0.5)) aod.signal("SIGUSR1");
      await Bun.sleep(random.int(0, WITHIN_MS));
      aod.signal("SIGKILL");
      await aod.ended();

      for (const name of aod.captures().filter((one) => one.endsWith(".tar.zst"))) {
        const { manifest } = readCapture(join(aod.folder, "batches", name));
        expect(manifest.schema_version, `${random.seedText} ${name}`).toBeDefined();
      }
      const history = join(aod.folder, "incidents.jsonl");
      const lines = existsSync(history) ? readFileSync(history, "utf8") : "";
      // Only the last line may have been cut; the next start ends it.
      const whole = lines.slice(0, lines.lastIndexOf("\n") + 1);
      for (const line of whole.split("\n").slice(0, -1))
        expect(() => JSON.parse(line), `${random.seedText} ${line}`).not.toThrow();
      foldIncidents(decodeEntries(lines));
    }
    aod.log = "";
    const begunMs = performance.now();
    await aod.start().says("waiting for the kernel module");
    await aod.detect();
    const normalAfterMs = performance.now() - begunMs;
    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
    expect(aod.captures().filter((name) => !name.endsWith(".tar.zst"))).toEqual([]);
    recordFault({
      fault: "kill -9 at random moments of captures and sweeps",
      reaction:
        "leaves no incomplete capture or line of the history; removes unfinished files at the next start",
      lost: {},
      normalAfterMs,
    });
  });
});
