// Measures the reading of a ring record: src/kernel/ring.ts through its mapping, and a C consumer on libbpf (ring.c)
// with a ring of its own. The real BPF programs fill both, and the two take turns, so that they meet the same load. The
// time is that of draining a full ring, with a callback that reads two fields of each record.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { KernelSource } from "../../src/kernel/kernel-source.ts";
import { RingReader } from "../../src/kernel/ring.ts";
import { COMMAND, COMMANDS } from "../../src/model/command.ts";
import { GEOMETRY, REQUEST_BYTES } from "../../src/model/request.gen.ts";
import { monotonicNs } from "../../src/system/clock.ts";
import { aLatencyRule } from "../helpers/rule.ts";
import { percentile, printRow, sized } from "./row.ts";

const ROOT = join(import.meta.dir, "../..");
/** Records with their header of 8 bytes; one fewer than would fill the ring. */
const RECORDS = Math.floor(GEOMETRY.RING_BYTES / (REQUEST_BYTES + 8)) - 1;
const WARM_UP_ROUNDS = sized(10, 1);
const ROUNDS = sized(50, 3);

/** Compiles and starts the C consumer. @returns drains a full ring when called, ns a record. */
async function startConsumer(): Promise<{ drain: () => Promise<number>; end: () => Promise<void> }> {
  const program = join(ROOT, "build/bench/ring");
  mkdirSync(join(ROOT, "build/bench"), { recursive: true });
  const compiler = ["clang", "-O2", "-Wall", "-o", program, join(import.meta.dir, "ring.c"), "-lbpf"];
  const { success, stderr } = Bun.spawnSync(compiler);
  if (!success) throw new Error(`compile ring.c: ${stderr.toString()}`);
  const child = Bun.spawn([program, join(ROOT, "build/bpf/aod.bpf.o"), String(RECORDS)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
  const answers = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    drain: async () => {
      child.stdin.write("go\n");
      await child.stdin.flush();
      const { value } = await answers.read();
      if (value === undefined) throw new Error("the C consumer ended");
      return Number(value);
    },
    end: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
}

function fill(source: KernelSource, fromMessageId: number): void {
  for (let i = 0; i < RECORDS; i++) {
    const call = {
      treeId: 5,
      sessionId: 0x1122n,
      command: COMMAND.SMB2_READ,
      messageId: BigInt(fromMessageId + i),
    };
    source.traffic.enter(call);
    source.traffic.done(call);
  }
}

/** Drains a filled ring. @returns ns a record. */
function drain(reader: RingReader): number {
  let latencySumNs = 0;
  let commands = 0;
  const startedNs = monotonicNs();
  const count = reader.read(
    (memory, at) => {
      latencySumNs += memory.latencyNs(at);
      commands += memory.command(at);
    },
    () => {
      throw new Error("a record of another length");
    },
  );
  reader.commit();
  const tookNs = monotonicNs() - startedNs;
  if (count !== RECORDS || latencySumNs === 0 || commands !== RECORDS * COMMAND.SMB2_READ) {
    throw new Error(`${count} records in place of ${RECORDS}`);
  }
  return tookNs / RECORDS;
}

const source = KernelSource.load();
const always = COMMANDS.map(() => 0);
const never = always.map(() => Number.POSITIVE_INFINITY);
source.applyRules([
  aLatencyRule({ acceptableCount: 1, slowNs: always, emergencyNs: never, named: always.map(() => true) }),
]);
const reader = new RingReader({
  ...source.memory,
  wakeFd: -1,
  ueventFd: -1,
  mountinfoFd: -1,
  kernelLogFd: -1,
});
const consumer = await startConsumer();
const ours: number[] = [];
const theirs: number[] = [];
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
  fill(source, round * RECORDS);
  const oursNs = drain(reader);
  const theirsNs = await consumer.drain();
  if (round < WARM_UP_ROUNDS) continue;
  ours.push(oursNs);
  theirs.push(theirsNs);
}
await consumer.end();
source.close();

printRow({
  what: `ring record, read in place by Bun (median of ${ROUNDS} full rings)`,
  measured: percentile(ours, 0.5),
  unit: "ns",
  goal: "≤ 25 ns",
  reference: `${percentile(theirs, 0.5).toFixed(1)} ns: C on libbpf, in turns with it`,
});
