// Measures the cost of pairing in the kernel, for each request with its reply: aod's programs with all their rules
// against the usual design, a hash map keyed by session and message id. pairing.c explains the measurement,
// reference.bpf.c the reference.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { printRow, sized } from "./row.ts";

const ROOT = join(import.meta.dir, "../..");
const OUT = join(ROOT, "build/bench");
const ROUNDS = sized(161, 11);

interface Cost {
  readonly enterNs: number;
  readonly replyNs: number;
}

function run(...argv: readonly string[]): string {
  const { success, stdout, stderr } = Bun.spawnSync([...argv], { cwd: ROOT });
  if (!success) throw new Error(`${argv[0]}: ${stderr.toString().trim()}`);
  return stdout.toString();
}

function build(): void {
  mkdirSync(OUT, { recursive: true });
  const arch = process.arch === "arm64" ? ["arm64", "aarch64"] : ["x86", "x86_64"];
  const bpf = ["--target=bpf", "-O2", "-g", "-mcpu=v3", "-Wall", `-D__TARGET_ARCH_${arch[0]}`];
  const headers = ["-idirafter", `/usr/include/${arch[1]}-linux-gnu`];
  run("clang", ...bpf, ...headers, "-c", "test/bench/reference.bpf.c", "-o", join(OUT, "reference.bpf.o"));
  run("clang", "-O2", "-Wall", "test/bench/pairing.c", "-o", join(OUT, "pairing"), "-lbpf");
}

/** Figures by design: empty, clock, lean, usual, aod, operation; all but the first net of an empty program. */
function measure(): ReadonlyMap<string, Cost> {
  const output = run(
    join(OUT, "pairing"),
    "build/bpf/aod.bpf.o",
    join(OUT, "reference.bpf.o"),
    String(ROUNDS),
  );
  const lines = output
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  return new Map(
    lines.map(([name = "", enter, reply]) => [name, { enterNs: Number(enter), replyNs: Number(reply) }]),
  );
}

function costOf(costs: ReadonlyMap<string, Cost>, name: string): Cost {
  const cost = costs.get(name);
  if (cost === undefined) throw new Error(`nothing was measured of ${name}`);
  return cost;
}

build();
const costs = measure();
const [clock, lean, usual, aod, operation] = ["clock", "lean", "usual", "aod", "operation"].map((name) =>
  costOf(costs, name),
);
if (!clock || !lean || !usual || !aod || !operation) throw new Error("a design is missing");
const sum = ({ enterNs, replyNs }: Cost) => enterNs + replyNs;
const shown = (cost: Cost) => `${cost.enterNs.toFixed(0)} + ${cost.replyNs.toFixed(0)} ns`;

printRow({
  what: "enter + reply in the kernel, all rules (1,024 in flight, net of an empty program)",
  measured: sum(aod),
  unit: "ns",
  reference: `${shown(aod)}, of which two reads of the clock ${shown(clock)}`,
});
printRow({
  what: "the same as a share of the usual hash map, which keeps the sender too",
  measured: sum(aod) / sum(usual),
  unit: "",
  goal: "≤ 0.5",
  reference: `${shown(usual)}: hash map by session and message id`,
});
printRow({
  what: "the same as a share of smbslower's (AODv2), which takes cifsd for the sender",
  measured: sum(aod) / sum(lean),
  unit: "",
  reference: `${shown(lean)}: hash map by session and message id`,
});
printRow({
  what: "begin + end of an operation in the kernel (one task, net of an empty program)",
  measured: sum(operation),
  unit: "ns",
  reference: `${shown(operation)}; a request in the same run ${shown(aod)}`,
});
