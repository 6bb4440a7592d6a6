// The SMB client's own lists block each of their readers, as if a lock inside the client were held. FIFOs without a
// writer replace them: open(2) blocks in the kernel forever. They hide /proc/fs in a mount namespace of the daemon's
// own.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Status } from "../../src/api/status.ts";
import { readCapture } from "../../src/capture/reader.ts";
import { EXECUTABLE, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { recordFault } from "./fault-log.ts";
import { describeHostile, HostileDaemon } from "./hostile-daemon.ts";

const ACTIONS = "watcher:\n  actions: [debugdata, stats, openfiles]\n";
const LATE = "the SMB client's own lists can't be read";
const LISTS = ["DebugData", "Stats", "open_files"];

/** Runs its arguments in a namespace in which /proc/fs/cifs has FIFOs; the process stays the same. */
const BLOCKING_LISTS = [
  ...["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c"],
  `mount -t tmpfs none /proc/fs && mkdir /proc/fs/cifs && cd /proc/fs/cifs && mkfifo ${LISTS.join(" ")} && cd / && exec "$@"`,
  "sh",
];

/** Children of the daemon's threads that read the lists now. */
function readersOf(pid: number): readonly string[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean),
  );
  return children.filter((child) => argumentsOf(child).includes("/proc/fs/cifs/"));
}

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It has ended since the listing.
    return "";
  }
}

describeHostile("aod, while the SMB client's own lists block their readers", () => {
  const aod = new HostileDaemon(ACTIONS);
  aod.launcher = BLOCKING_LISTS;
  let tookMs = 0;

  async function manifestOfNext() {
    const { name } = await aod.detect();
    return readCapture(join(aod.folder, "batches", name)).manifest;
  }

  async function statusShows(
    isSo: (status: Status) => boolean,
    between: () => Promise<unknown> = () => Bun.sleep(500),
  ) {
    while (!isSo(await aod.status())) await between();
  }

  test("detects and captures, and the capture says that the lists can't be read", async () => {
    await aod.start().says("ready");
    ({ tookMs } = await aod.detect());
    await aod.says(LATE);
    // Captures that were ordered before are written first.
    let manifest: Awaited<ReturnType<typeof manifestOfNext>>;
    do manifest = await manifestOfNext();
    while (manifest.client_lists !== "late");
    expect(JSON.stringify(manifest.verdict)).toContain(LATE);
  }, 120_000);

  test("reports it in status, in the log and in the losses", async () => {
    const { watching, losses } = await aod.status();
    expect(watching.client_lists).toBe("late");
    expect(losses.abandoned_children).toBe(0);
    // Threads report their counts every ten seconds.
    await statusShows(({ losses }) => (losses.client_lists_late ?? 0) > 0);
    expect((await aod.ask("status")).stdout).toContain(LATE);
  }, 60_000);

  test("has at most one reader of them at a time in each thread", async () => {
    let most = 0;
    const detecting = aod.detect();
    for (let isOver = false; !isOver; ) {
      most = Math.max(most, readersOf(aod.pid).length);
      isOver = await Promise.race([detecting.then(() => true), Bun.sleep(20).then(() => false)]);
    }
    expect(most).toBeLessThanOrEqual(2);
  }, 120_000);

  test("reports that they can be read again", async () => {
    const root = `/proc/${aod.pid}/root/proc/fs/cifs`;
    const text = "Display Internal CIFS Data Structures for Debugging\n";
    // A new file takes the FIFO's name; a reader that blocks in the old one is killed at its deadline.
    writeFileSync(join(root, "new"), text);
    await run(["/bin/mv", join(root, "new"), join(root, "DebugData")], "/");
    // The pause doubles after each late reading; requests of an unknown share cause readings.
    await statusShows(
      ({ watching }) => watching.client_lists === "readable",
      () => aod.detect(),
    );
    await aod.says("can be read again");
    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
    recordFault({
      fault: "the SMB client's own lists (DebugData, Stats, open_files) block each of their readers",
      reaction:
        "disposable children read them and are killed at their deadline; log, status, metrics and captures report it",
      lost: { "names of shares, while it lasts": 0 },
      normalAfterMs: tookMs,
    });
  }, 180_000);
});

/**
 * A process in a frozen group of cgroup v1 waits uninterruptibly and ignores SIGKILL, like one that spins for a lock.
 */
const FREEZER = "/sys/fs/cgroup/freezer";
const describeFrozen = existsSync(join(FREEZER, "cgroup.procs"))
  ? describeHostile
  : (title: string, body: () => void) => describe.skip(`${title} (needs the freezer of cgroup v1)`, body);

describeFrozen("aod, while a reader of the SMB client's own lists can't be killed", () => {
  const group = join(FREEZER, `aod-hostile-${process.pid}`);
  const write = (file: string, text: string) => writeFileSync(join(group, file), text);
  const aod = new HostileDaemon(ACTIONS);
  aod.launcher = BLOCKING_LISTS;
  beforeAll(() => mkdirSync(group));
  afterAll(async () => {
    write("freezer.state", "THAWED");
    await waitUntil(() => readFileSync(join(group, "cgroup.procs"), "utf8") === "");
    rmdirSync(group);
  });

  test("starts no second reader, detects and captures, and stops on SIGTERM", async () => {
    await aod.start().says("ready");
    // The detector reads at its start.
    await waitUntil(() => readersOf(aod.pid).length > 0);
    const [reader = ""] = readersOf(aod.pid);
    write("cgroup.procs", reader);
    write("freezer.state", "FROZEN");
    await aod.says("the reader of DebugData can't be killed");
    expect(readFileSync(`/proc/${reader}/status`, "utf8")).toMatch(/^State:\tD/m);

    const { name, tookMs } = await aod.detect();
    const { manifest } = readCapture(join(aod.folder, "batches", name));
    expect(manifest.client_lists).toBe("stuck");
    const debugData = (manifest.actions as { name: string; status: string; reason: string }[]).find(
      (action) => action.name === "debugdata",
    );
    expect(debugData).toMatchObject({ status: "failed" });
    expect(debugData?.reason).toContain("a lock inside the client is held");
    expect(readersOf(aod.pid)).toEqual([reader]);
    expect((await aod.status()).watching.client_lists).toBe("stuck");

    aod.signal("SIGTERM");
    expect(await aod.ended()).toBe(0);
    expect(argumentsOf(reader)).toContain("DebugData");
    recordFault({
      fault: "a reader of the SMB client's own lists can't be killed: a lock inside the client is held",
      reaction:
        "starts no other reader, captures without these lists, and reports it in log, status and capture",
      lost: { "lists of the client in captures, while it lasts": 0 },
      normalAfterMs: tookMs,
    });
  }, 120_000);
});

describeHostile("aod doctor, while the SMB client's own lists block their readers", () => {
  test("ends, and reports it with advice", async () => {
    const { stdout } = await run([...BLOCKING_LISTS, EXECUTABLE, "doctor"], tempDir());
    expect(stdout).toContain(LATE);
    expect(stdout).toContain("dmesg");
  }, 30_000);
});
