// Measures the time from exec to watching: dist/aod is started as a daemon with the programs in the kernel, until its
// log says ready. Without cifs nothing can be attached, which takes a few milliseconds more on other hosts. For
// comparison it measures `aod --version`, the cost of Bun and of the executable's size. It needs root and the real
// kernel.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { percentile, printRow, sized } from "./row.ts";

const EXECUTABLE = join(import.meta.dir, "../../dist/aod");
const ROUNDS = sized(15, 2);

const folder = mkdtempSync(join(tmpdir(), "aod-bench-"));
const config = join(folder, "aod.yaml");
writeFileSync(
  config,
  `aod_output_dir: ${folder}/out\nguardian: { anomalies: { slow: { type: Latency, acceptable_count: 10 } } }\n`,
);

async function untilReadyMs(): Promise<number> {
  const begunMs = performance.now();
  const aod = Bun.spawn([EXECUTABLE, "--config", config], { stdout: "ignore", stderr: "pipe" });
  let log = "";
  const decoder = new TextDecoder();
  for await (const chunk of aod.stderr) {
    log += decoder.decode(chunk, { stream: true });
    if (/ ready /.test(log)) break;
  }
  const tookMs = performance.now() - begunMs;
  aod.kill("SIGTERM");
  if ((await aod.exited) !== 0 || !/ ready /.test(log)) throw new Error(`aod was not ready: ${log}`);
  return tookMs;
}

async function versionMs(): Promise<number> {
  const begunMs = performance.now();
  await Bun.spawn([EXECUTABLE, "--version"], { stdout: "ignore" }).exited;
  return performance.now() - begunMs;
}

const ready: number[] = [];
const version: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  version.push(await versionMs());
  ready.push(await untilReadyMs());
}
rmSync(folder, { recursive: true });
printRow({
  what: "exec to ready, programs loaded and verified, median",
  measured: percentile(ready, 0.5),
  unit: "ms",
  goal: "≤ 300 ms",
  reference: `aod --version ${Math.round(percentile(version, 0.5))} ms; the longest ${Math.round(Math.max(...ready))} ms`,
});
