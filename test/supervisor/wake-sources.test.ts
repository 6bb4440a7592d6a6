import { describe, expect, test } from "bun:test";
import { mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openWakeSources } from "../../src/supervisor/wake-sources.ts";
import { tempDir } from "../helpers/temp-dir.ts";

/** The file whose changes wake the detector, below a folder in place of /proc. */
function watched(proc: string): string {
  const sources = openWakeSources(true, proc);
  try {
    return readlinkSync(`/proc/self/fd/${sources.fds.mountinfoFd}`).slice(proc.length);
  } finally {
    sources.close();
  }
}

describe("the detector is woken by", () => {
  test("a change of the host's mounts; of aod's own mounts if the first process may not be inspected", () => {
    const proc = tempDir();
    mkdirSync(join(proc, "self"));
    writeFileSync(join(proc, "self/mountinfo"), "");
    expect(watched(proc)).toBe("/self/mountinfo");
    mkdirSync(join(proc, "1"));
    writeFileSync(join(proc, "1/mountinfo"), "");
    expect(watched(proc)).toBe("/1/mountinfo");
  });

  test("no mount if nothing is attached", () => {
    const sources = openWakeSources(false);
    expect(sources.fds).toMatchObject({ mountinfoFd: -1, ueventFd: -1, kernelLogFd: -1 });
    sources.close();
  });
});
