// Measures a storm: a thousand anomalies of a hundred rules in ten seconds, with the real supervisor, its three real
// threads, the real BPF programs beside a full flight recorder, and captures on the disk. The figures are the captures
// made of those that the configuration allows, the anomalies and requests that are not accounted for, and the memory.

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "../../src/config/config.ts";
import { EventLog } from "../../src/demo/event-log.ts";
import { Client } from "../../src/demo/traffic.ts";
import { KernelSource } from "../../src/kernel/kernel-source.ts";
import { ERRNO } from "../../src/model/errno.ts";
import { GEOMETRY } from "../../src/model/request.gen.ts";
import { ALL_RULES } from "../../src/supervisor/budget.ts";
import type { SpawnTable } from "../../src/supervisor/options.ts";
import { claimOutputFolder } from "../../src/supervisor/output-folder.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { BATCHES } from "../../src/system/batches-folder.ts";
import { printRow, sized } from "./row.ts";

const RULES = 100;
const ANOMALIES = sized(1_000, 200);
const STORM_MS = sized(10_000, 2_000);
const BETWEEN_MS = STORM_MS / ANOMALIES;
/** The interval of memory readings, and their duration after the storm. */
const LOOK_EVERY_MS = 50;
const AFTER_MS = sized(20_000, 5_000);
const WAIT_MS = 60_000;
const STATUS_UNSUCCESSFUL = 0xc000_0001;

/** Each rule counts one errno of one command, and one refusal is enough for it. */
const COMMAND_NAMES = ["SMB2_CREATE", "SMB2_CLOSE", "SMB2_FLUSH", "SMB2_SET_INFO"] as const;
const ERRNO_NAMES = Object.keys(ERRNO).slice(0, RULES / COMMAND_NAMES.length) as (keyof typeof ERRNO)[];
const kinds = COMMAND_NAMES.flatMap((command) => ERRNO_NAMES.map((errno) => ({ command, errno })));

const build = join(import.meta.dir, "../../build");
mkdirSync(build, { recursive: true });
const folder = mkdtempSync(join(build, "bench-"));
const rulesText = [
  `aod_output_dir: ${folder}`,
  "guardian:",
  // One server has one cooldown; without it only the hour's limits apply.
  "  capture_cooldown_sec: 0",
  "  anomalies:",
  ...kinds.map(
    ({ command, errno }, index) =>
      `    trouble-${index}: { type: Error, mode: trackonly, acceptable_count: 1, track_codes: [${errno}], match: { command: [${command}] } }`,
  ),
].join("\n");
const { config, problems } = parseConfig(rulesText, "the storm's rules");
if (config === undefined) throw new Error(problems.map(({ message }) => message).join("\n"));

/**
 * Half of an hour's captures may be made at once; the other half comes back evenly, which is nothing in ten seconds.
 */
const allowed = Math.ceil((ALL_RULES * config.hourly.captures) / 2);

const spawn: SpawnTable = {
  detector: () => new Worker(new URL("../../src/detector/worker.ts", import.meta.url)),
  runner: () => new Worker(new URL("../../src/runner/worker.ts", import.meta.url)),
  janitor: () => new Worker(new URL("../../src/janitor/worker.ts", import.meta.url)),
};
const claimed = claimOutputFolder(folder);
const source = KernelSource.load();
const events = new EventLog();
const supervisor = new Supervisor({
  config,
  origin: { kind: "demo", source },
  folder: claimed,
  spawn,
  listeners: { log: events.tell },
});
const running = supervisor.run();
await events.until("watching", () => true, WAIT_MS);

const client = new Client();
for (let i = 0; i < GEOMETRY.SETS * GEOMETRY.SET_LINES; i++) {
  const call = client.next();
  source.traffic.enter(call);
  source.traffic.done(call);
}
await Bun.sleep(1_000);

const residentMb = () => process.memoryUsage.rss() / 2 ** 20;
const beforeMb = residentMb();
let peakMb = beforeMb;
const looking = setInterval(() => {
  peakMb = Math.max(peakMb, residentMb());
}, LOOK_EVERY_MS);

const begunMs = performance.now();
for (let i = 0; i < ANOMALIES; i++) {
  const { command, errno } = kinds[i % RULES] ?? { command: "SMB2_CREATE", errno: "EIO" };
  const call = client.one(command);
  source.traffic.enter(call);
  source.traffic.fail(call, STATUS_UNSUCCESSFUL, ERRNO[errno]);
  await Bun.sleep(Math.max(0, begunMs + (i + 1) * BETWEEN_MS - performance.now()));
}
const stormMs = performance.now() - begunMs;
await Bun.sleep(AFTER_MS);
clearInterval(looking);
const afterMb = residentMb();
supervisor.stop();
await running;
const captures = readdirSync(join(folder, BATCHES)).filter((name) => name.endsWith(".tar.zst")).length;
claimed.release();
rmSync(folder, { recursive: true, force: true });

const ordered = events.all("collecting").length;
const dropped = events.all("dropped");
const suppressed = events
  .all("suppressed")
  .flatMap(({ counts }) => Object.values(counts))
  .reduce((sum, count) => sum + count, 0);
const opened = events.all("opened").length;
/** The incidents as they were reported last, when they were resolved. */
const ended = [
  ...events.all("resolved").map(({ incident }) => incident),
  ...(events.all("stopped")[0]?.open ?? []),
];
const counted = ended.reduce((sum, { count }) => sum + count, 0);
const of = `${ANOMALIES.toLocaleString("en")} anomalies of ${RULES} rules in ${(stormMs / 1000).toFixed(1)} s`;
printRow({
  what: `captures of ${of}`,
  measured: captures,
  unit: "",
  goal: `≤ ${allowed}`,
  reference: `${ordered} were begun, ${dropped.length} of them given up`,
});
printRow({
  what: "anomalies that are neither captured, given up nor suppressed",
  measured: ANOMALIES - ordered - suppressed,
  unit: "",
  goal: "0",
  reference: `${suppressed} suppressed`,
});
printRow({
  // On one share an incident has the count of its busiest rule, because rules may count the same requests.
  what: "requests that the busiest rule counted and that are in no incident",
  measured: ANOMALIES / RULES - counted,
  unit: "",
  goal: "0",
  reference: `${opened} incidents`,
});
printRow({
  what: `growth of resident memory, ${AFTER_MS / 1000} s after the storm`,
  measured: afterMb - beforeMb,
  unit: "MB",
  reference: `${beforeMb.toFixed(0)} MB before, ${peakMb.toFixed(0)} MB at the most`,
});
process.exit(0);
