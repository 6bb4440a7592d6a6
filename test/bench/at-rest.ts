// Measures aod at rest: dist/aod runs as a daemon without work for two minutes. The figures are its resident memory and
// the wake-ups per second of all its threads, from the fortieth second on, when Bun's own timers have slowed down. The
// janitor sweeps twice in this time. It needs root and the real kernel.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { percentile, printRow, sized } from "./row.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/aod");
const SETTLE_MS = sized(40_000, 2_000);
const REST_MS = sized(125_000, 5_000);
const LOOK_EVERY_MS = 1_000;

/** A figure of a status file of /proc, by its label. */
function statusField(path: string, label: string): number {
  const value = new RegExp(`^${label}:\\s+(\\d+)`, "m").exec(readFileSync(path, "utf8"))?.[1];
  if (value === undefined) throw new Error(`${path} has no ${label}`);
  return Number(value);
}

/** How often each thread has gone to sleep by itself, which equals its wake-ups. */
function sleepsByThread(pid: number): Map<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`);
  return new Map(
    threads.map((tid) => [tid, statusField(`/proc/${pid}/task/${tid}/status`, "voluntary_ctxt_switches")]),
  );
}

const folder = mkdtempSync(join(tmpdir(), "aod-bench-"));
const config = join(folder, "aod.yaml");
writeFileSync(
  config,
  [
    `aod_output_dir: ${join(folder, "out")}`,
    "guardian:",
    "  anomalies:",
    "    slow: { type: Latency, acceptable_count: 10 }",
    "    errors: { type: Error, acceptable_count: 10 }",
    "",
  ].join("\n"),
);
const aod = Bun.spawn([EXECUTABLE, "--config", config], {
  cwd: folder,
  stdin: "ignore",
  stdout: "ignore",
  stderr: "pipe",
});
const log = new Response(aod.stderr).text();

await Bun.sleep(SETTLE_MS);
if (aod.exitCode !== null) throw new Error(`aod did not stay: ${await log}`);
const before = sleepsByThread(aod.pid);
const residentMb: number[] = [];
for (let waitedMs = SETTLE_MS; waitedMs < REST_MS; waitedMs += LOOK_EVERY_MS) {
  await Bun.sleep(LOOK_EVERY_MS);
  residentMb.push(statusField(`/proc/${aod.pid}/status`, "VmRSS") / 1024);
}
const after = sleepsByThread(aod.pid);
const wakeUps = [...after].reduce((sum, [tid, count]) => sum + count - (before.get(tid) ?? 0), 0);
const status = `/proc/${aod.pid}/status`;
const [anonymousMb, threads] = [statusField(status, "RssAnon") / 1024, statusField(status, "Threads")];
aod.kill("SIGTERM");
await aod.exited;
rmSync(folder, { recursive: true, force: true });

const state = (await log).includes("waiting for the kernel module") ? "waiting for cifs" : "attached";
printRow({
  what: `resident memory at rest, median of its second minute (${state})`,
  measured: percentile(residentMb, 0.5),
  unit: "MB",
  goal: "≤ 48 MB",
  reference: `${Math.max(...residentMb).toFixed(1)} MB at the most, after a sweep; ${anonymousMb.toFixed(1)} MB anonymous`,
});
printRow({
  what: `wake-ups at rest, all ${threads} threads (${state})`,
  measured: wakeUps / ((REST_MS - SETTLE_MS) / 1000),
  unit: "a second",
});
