// Measures a capture of a full flight recorder: 65,536 requests of a mixed load, from the order to the file on the
// disk, fsync included; its size; and the memory of the process afterwards. The actions are `mounts` and those on which
// the verdict rests. It also measures all actions that read /proc at once, beside an equally full table, and how long
// `inflight` blocks the runner's thread if no request has its reply.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ACTION_NAMES } from "../../src/model/action.ts";
import { FLAG, GEOMETRY, KIND, OFFSET, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { writeRequest } from "../../src/model/request.ts";
import { ACTION_TABLE } from "../../src/runner/actions.ts";
import { makeCapture } from "../../src/runner/capture.ts";
import { Children } from "../../src/runner/child.ts";
import { makeDebugDataParser } from "../../src/runner/debug-data-parser.ts";
import { HOST, readHostFacts } from "../../src/runner/host.ts";
import { describeInflight } from "../../src/runner/inflight.ts";
import { Precedence, Slots } from "../../src/runner/scheduling.ts";
import { runStages } from "../../src/runner/stages.ts";
import { openBatchesFolder } from "../../src/system/batches-folder.ts";
import { readRecorder } from "../../src/table/recorder.ts";
import { anOrder, FROZEN_AT } from "../helpers/order.ts";
import { seeded } from "../helpers/random.ts";
import { aFrozen, aLiveTable } from "../helpers/request-table.ts";
import { wholeRequestsCsv } from "../helpers/requests-csv.ts";
import { BUILT_IN_RULES } from "../helpers/scrubber.ts";
import { percentile, printRow, sized } from "./row.ts";

const LINES = GEOMETRY.SETS * GEOMETRY.SET_LINES;
const ROUNDS = sized(15, 2);
const SESSION_ID = 0x9a00_0c5d_1122_3345n;

/** The same requests without replies, each of a task of its own that has ended: the largest input for `inflight`. */
function openAll(table: ArrayBuffer): ArrayBuffer {
  const all = table.slice(0);
  const view = new DataView(all);
  for (let line = 0; line < LINES; line++) {
    view.setBigUint64(line * REQUEST_BYTES + OFFSET.latency_ns, 0n, true);
    view.setUint32(line * REQUEST_BYTES + OFFSET.task_id, 0x4000_0000 + line, true);
  }
  return all;
}

/** 20 tasks of 5 programs, 12 commands, some errors, in slots as scattered as the kernel's. */
function makeTable(): ArrayBuffer {
  const random = seeded(1);
  const table = new ArrayBuffer(LINES * REQUEST_BYTES);
  const view = new DataView(table);
  const programs = ["postgres", "nginx", "rsync", "kworker/u8:", "python3"] as const;
  for (let line = 0; line < LINES; line++) {
    const isFailed = random.chance(0.05);
    const task = random.int(0, 19);
    const place = (line * 40_503) % LINES;
    writeRequest(view, place * REQUEST_BYTES, {
      startNs: BigInt(FROZEN_AT.monotonicNs - (LINES - line) * 400_000 - random.int(0, 300_000)),
      latencyNs: line > LINES - 4 ? 0 : Math.round(200_000 * 10 ** (random.int(0, 2000) / 1000)),
      sessionId: SESSION_ID,
      messageId: BigInt(line * 3 + 10),
      treeId: random.pick([5, 5, 9]),
      taskId: 4000 + task * 7,
      processId: 4000 + task,
      ntStatus: isFailed ? 0xc000_0034 : 0,
      errno: isFailed ? 2 : 0,
      command: random.pick([5, 6, 8, 8, 8, 9, 9, 14, 16, 16, 17, 7]),
      flags: FLAG.REPLIED | (isFailed ? FLAG.ERRORED : 0),
      kind: KIND.REQUEST,
      comm: programs[task % 5] ?? "",
    });
  }
  return table;
}

const BUILD = join(import.meta.dir, "../../build");
mkdirSync(BUILD, { recursive: true });
const outputDir = mkdtempSync(join(BUILD, "bench-"));
const context = {
  openFolder: () => openBatchesFolder(outputDir),
  facts: readHostFacts(),
  host: HOST,
  ownLosses: () => ({}),
  children: new Children(),
  baselines: { before: () => undefined, failedBefore: () => undefined },
  live: aLiveTable(),
  slots: new Slots(4),
  writing: new Slots(1),
  precedence: new Precedence(),
  report: () => undefined,
  stop: new AbortController().signal,
};
const shares = [5, 9].map((treeId) => ({
  sessionId: SESSION_ID,
  treeId,
  share: `//files.example.net/data${treeId}`,
}));
const order = anOrder({ actions: ["mounts"], shares });
const table = makeTable();
const { operations } = aFrozen();
const residentMb = () => process.memoryUsage.rss() / 2 ** 20;

const residentBeforeMb = residentMb();
const csvMs: number[] = [];
const captureMs: number[] = [];
let csvBytes = 0;
let captureBytes = 0;
for (let round = 0; round < ROUNDS; round++) {
  const begunMs = performance.now();
  const recorder = readRecorder(table, order.watchingSinceNs, order.frozenAt.monotonicNs);
  csvBytes = wholeRequestsCsv(recorder, order).bytes.length;
  csvMs.push(performance.now() - begunMs);
  const capture = await makeCapture(order, { table, operations }, context);
  captureMs.push(capture.durationMs);
  captureBytes = capture.bytes;
}
const scrubber = BUILT_IN_RULES;
const proc = ACTION_NAMES.filter((name) => ACTION_TABLE[name].stage === 1);
const procMs: number[] = [];
let procRuns = 0;
for (let round = 0; round < ROUNDS; round++) {
  const begunMs = performance.now();
  const collected = await runStages(
    anOrder({ actions: proc, shares }),
    { table, operations },
    { ...context, scrubber, parseDebugData: makeDebugDataParser() },
  );
  procRuns = collected.filter(({ outcome }) => outcome.file !== undefined).length;
  procMs.push(performance.now() - begunMs);
}
const allOpen = { table: openAll(table), operations };
const inflightMs: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const begunMs = performance.now();
  describeInflight(order, allOpen);
  inflightMs.push(performance.now() - begunMs);
}
const residentPeakMb = residentMb();
await Bun.sleep(3_000);
const residentAfterMb = residentMb();
rmSync(outputDir, { recursive: true, force: true });

const of = `${LINES.toLocaleString("en")} requests`;
printRow({
  what: `requests.csv of ${of}, median`,
  measured: percentile(csvMs, 0.5),
  unit: "ms",
  reference: `the first ${csvMs[0]?.toFixed(0)} ms, ${(csvBytes / 1e6).toFixed(2)} MB`,
});
printRow({
  what: `a whole capture of ${of} and four actions, median`,
  measured: percentile(captureMs, 0.5),
  unit: "ms",
  reference: `the slowest of ${ROUNDS} ${Math.max(...captureMs).toFixed(0)} ms`,
});
printRow({ what: "its size", measured: captureBytes / 1e6, unit: "MB" });
printRow({
  what: `stage 1 whole, beside ${of}, median`,
  measured: percentile(procMs, 0.5),
  unit: "ms",
  goal: "≤ 250 ms",
  reference: `${procRuns} of ${proc.length} actions have something to read here; 100 ms are between two looks at the sockets`,
});
printRow({
  what: `inflight, with all ${of} open, median`,
  measured: percentile(inflightMs, 0.5),
  unit: "ms",
  reference: `the slowest of ${ROUNDS} ${Math.max(...inflightMs).toFixed(0)} ms`,
});
printRow({
  what: `resident memory 3 s after ${ROUNDS} captures on end`,
  measured: residentAfterMb,
  unit: "MB",
  reference: `${residentBeforeMb.toFixed(0)} MB before, ${residentPeakMb.toFixed(0)} MB right after the last`,
});
