// The real source: the BPF object, its memory and its maps behind the contract of source.ts. It does not attach:
// hooks.ts does, and the demo uses this source without any hook.

import type { Losses } from "../model/capture.ts";
import { GEOMETRY, REAP } from "../model/request.gen.ts";
import type { Request } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import { type KnownTree, LAST_SLOT } from "../model/share.ts";
import type { OperationErrors, Tallies } from "../model/tally.ts";
import { planFilters } from "./filters.ts";
import { HistogramReader } from "./histogram-reader.ts";
import { HistogramSums } from "./histogram-sums.ts";
import { mapKernelMemory, type SourceMemory, unmapAll } from "./mapping.ts";
import {
  countPossibleCpus,
  readCounters,
  readOperationErrors,
  readStatuses,
  writeFilters,
  writeTreeSlot,
} from "./maps.ts";
import { BpfObject, MAP_NAMES, type ProgramName } from "./object.ts";
import { countRunTime, readMapBytes, readRunStats } from "./run-stats.ts";
import type { Call, RequestSource, RunTime, Traffic } from "./source.ts";

/** A program writes to a set for less than a microsecond, and one run takes as long: more than two runs are rare. */
const MAX_REAP_RUNS = 100;

const COUNTED_PROGRAMS: readonly ProgramName[] = [
  "on_cmd_enter",
  "on_cmd_done",
  "on_cmd_err",
  "on_enter",
  "on_exit_done",
  "on_exit_err",
];

export class KernelSource implements RequestSource {
  readonly memory: SourceMemory;
  readonly traffic: Traffic;
  readonly object: BpfObject;
  readonly #reapFd: number;
  readonly #reapOperationFd: number;
  readonly #reader: HistogramReader;
  readonly #sums = new HistogramSums();
  #closed = false;

  /** By session and tree: the content of the map `trees`. */
  #placed = new Map<string, { readonly sessionId: bigint; readonly treeId: number; readonly slot: number }>();

  private constructor(object: BpfObject) {
    this.object = object;
    this.memory = mapKernelMemory({
      ring: object.mapFd("events"),
      table: object.mapFd("requests"),
      operations: object.mapFd("operations"),
      control: object.mapFd("control"),
      histograms: object.mapFd("histograms"),
      possibleCpus: countPossibleCpus(),
    });
    this.#reader = new HistogramReader(this.memory);
    this.#reapFd = object.programFd("reap_request");
    this.#reapOperationFd = object.programFd("reap_operation");
    this.traffic = makeTraffic(object);
  }

  /** Loads the programs; throws what BpfObject.load throws. */
  static load(): KernelSource {
    const source = new KernelSource(BpfObject.load());
    // With empty filters everything would go on the ring.
    source.applyRules([]);
    return source;
  }

  applyRules(rules: readonly Rule[]): void {
    const fds = { filters: this.object.mapFd("filters"), quiet: this.object.mapFd("quiet") };
    writeFilters(fds, planFilters(rules));
  }

  counters(): Losses {
    const missed = COUNTED_PROGRAMS.reduce(
      (sum, name) => sum + readRunStats(this.object.programFd(name)).missed,
      0,
    );
    return { ...readCounters(this.object.mapFd("counters")), missed_runs: missed };
  }

  tallies(): Tallies {
    // The statuses are read first: an error that is counted in between gets its status with the next reading.
    const known = readStatuses(this.object.mapFd("statuses"));
    for (let cell = 0; cell < GEOMETRY.SHARE_SLOTS * GEOMETRY.COMMANDS; cell++) {
      this.#reader.read(cell);
      this.#sums.add(cell, this.#reader.words);
    }
    return { histograms: this.#sums.histograms(), statuses: [...known, ...this.#sums.unattributed()] };
  }

  operationErrors(): readonly OperationErrors[] {
    return readOperationErrors(this.object.mapFd("operation_errors"));
  }

  mapBytes(): number {
    return MAP_NAMES.reduce((sum, name) => sum + readMapBytes(this.object.mapFd(name)), 0);
  }

  countRunTime(): (() => void) | undefined {
    return countRunTime();
  }

  runTime(): RunTime {
    const stats = COUNTED_PROGRAMS.map((name) => readRunStats(this.object.programFd(name)));
    return {
      requests: readRunStats(this.object.programFd("on_cmd_enter")).runs,
      timeNs: stats.reduce((sum, { timeNs }) => sum + timeNs, 0),
    };
  }

  reap({ startNs, messageId, sessionId, taskId, command }: Request): boolean {
    const args = [startNs, messageId, sessionId, BigInt(taskId), BigInt(command)];
    let reaped: number = REAP.CONTENDED;
    for (let run = 0; run < MAX_REAP_RUNS && reaped === REAP.CONTENDED; run++) {
      reaped = this.object.run(this.#reapFd, args);
    }
    return reaped === REAP.LINE || reaped === REAP.GHOST;
  }

  reapOperation(startNs: bigint, taskId: number): boolean {
    return this.object.run(this.#reapOperationFd, [startNs, BigInt(taskId)]) !== 0;
  }

  placeTrees(trees: readonly KnownTree[]): void {
    const fd = this.object.mapFd("trees");
    const before = this.#placed;
    this.#placed = new Map();
    for (const { sessionId, treeId, slot } of trees)
      if (treeId !== undefined && slot < LAST_SLOT)
        this.#placed.set(`${sessionId} ${treeId}`, { sessionId, treeId, slot });
    // Old entries are removed first: two trees may share a bucket of the map.
    for (const [key, { sessionId, treeId }] of before)
      if (!this.#placed.has(key)) writeTreeSlot(fd, sessionId, treeId, LAST_SLOT);
    for (const { sessionId, treeId, slot } of this.#placed.values())
      writeTreeSlot(fd, sessionId, treeId, slot);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    unmapAll(this.memory);
    this.object.close();
  }
}

function makeTraffic(object: BpfObject): Traffic {
  const enterFd = object.programFd("on_cmd_enter");
  const doneFd = object.programFd("on_cmd_done");
  const errFd = object.programFd("on_cmd_err");
  const beginFd = object.programFd("on_enter");
  const endFd = object.programFd("on_exit_done");
  // The order of TP_PROTO: tree, session, command, message; fs/smb/client/trace.h.
  const words = (call: Call) => [BigInt(call.treeId), call.sessionId, BigInt(call.command), call.messageId];
  return {
    enter: (call) => void object.run(enterFd, words(call)),
    done: (call) => void object.run(doneFd, words(call)),
    fail: (call, ntStatus, errno) =>
      // The kernel hands rc over as a negative int, zero-extended.
      void object.run(errFd, [...words(call), BigInt(ntStatus), BigInt.asUintN(32, BigInt(-errno))]),
    begin: (xid) => void object.run(beginFd, [BigInt(xid)]),
    end: (xid) => void object.run(endFd, [BigInt(xid)]),
  };
}
