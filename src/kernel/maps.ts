// The BPF maps beside the table and the ring, accessed by system calls: counters and failed replies are read; filters,
// suppressed statuses and tree slots are written. The layouts are those of bpf/request.h.

import type { Losses } from "../model/capture.ts";
import { ERRNO_COUNT } from "../model/errno.ts";
import { COUNTERS, GEOMETRY, TREE } from "../model/request.gen.ts";
import type { OperationErrors, StatusTally } from "../model/tally.ts";
import type { KernelFilters } from "./filters.ts";
import { slotAndCommandOf } from "./histogram-sums.ts";
import { check, libbpf } from "./libbpf.ts";

const FILTER_WORDS = 1 + GEOMETRY.ERRNO_WORDS;
const NEVER = 0xffff_ffff_ffff_ffffn;
const TREE_HASH = 0x9e3779b1;

/** The number of CPUs that per-CPU maps have values for, including those that may be added later. */
export function countPossibleCpus(): number {
  return check(libbpf().libbpf_num_possible_cpus(), "count CPUs");
}

/** The kernel's counters by name, summed over the CPUs. */
export function readCounters(countersFd: number): Losses {
  const cpus = countPossibleCpus();
  const index = new Uint32Array(1);
  const perCpu = new BigUint64Array(cpus);
  const totals: Record<string, number> = {};
  COUNTERS.forEach((name, i) => {
    index[0] = i;
    check(libbpf().bpf_map_lookup_elem(countersFd, index, perCpu), `read counter ${name}`, "SYSCALL");
    totals[name] = Number(perCpu.reduce((sum, value) => sum + value, 0n));
  });
  return totals;
}

/** Sets which requests go on the ring. The filters change one command after the other, each at once. */
export function writeFilters(
  fds: { readonly filters: number; readonly quiet: number },
  wanted: KernelFilters,
): void {
  replaceQuiet(fds.quiet, wanted.quiet);
  const index = new Uint32Array(1);
  const value = new BigUint64Array(FILTER_WORDS);
  const ofOperations = { slowNs: Infinity, errnoMask: wanted.operationMask };
  // The filter of operations follows those of the commands: AOD_FILTERS in bpf/request.h.
  [...wanted.commands, ofOperations].forEach(({ slowNs, errnoMask }, command) => {
    index[0] = command;
    value[0] = slowNs === Infinity ? NEVER : BigInt(Math.round(slowNs));
    errnoMask.forEach((word, i) => {
      value[1 + i] = word;
    });
    check(libbpf().bpf_map_update_elem(fds.filters, index, value, 0), `write filter ${command}`, "SYSCALL");
  });
}

/** From now on counts this tree's requests in this slot. Trees that share a bucket displace each other. */
export function writeTreeSlot(treesFd: number, sessionId: bigint, treeId: number, slot: number): void {
  const index = new Uint32Array([treeBucket(sessionId, treeId)]);
  const value = new DataView(new ArrayBuffer(TREE.BYTES));
  value.setBigUint64(TREE.session_id, sessionId, true);
  value.setUint32(TREE.tree_id, treeId, true);
  value.setUint32(TREE.slot, slot, true);
  const bytes = new Uint8Array(value.buffer);
  check(libbpf().bpf_map_update_elem(treesFd, index, bytes, 0), `write slot of tree ${treeId}`, "SYSCALL");
}

/** The tree's index in the map `trees`; the formula is that of struct aod_tree, bpf/request.h. */
export function treeBucket(sessionId: bigint, treeId: number): number {
  const session = Number(BigInt.asUintN(32, sessionId ^ (sessionId >> 32n)));
  const hash = Math.imul(Math.imul(session, TREE_HASH) ^ treeId, TREE_HASH);
  return hash >>> (32 - GEOMETRY.TREE_BUCKETS_LOG2);
}

function replaceQuiet(quietFd: number, wanted: KernelFilters["quiet"]): void {
  const present = new Uint8Array([1]);
  const keep = new Set<string>();
  for (const { ntStatus, command } of wanted) {
    keep.add(`${ntStatus} ${command}`);
    const key = new Uint32Array([ntStatus, command]);
    check(libbpf().bpf_map_update_elem(quietFd, key, present, 0), "write quiet status", "SYSCALL");
  }
  for (const key of keysOf(quietFd)) {
    if (keep.has(`${key[0]} ${key[1]}`)) continue;
    check(libbpf().bpf_map_delete_elem(quietFd, key), "delete quiet status", "SYSCALL");
  }
}

/** Failed replies by status, since the programs were loaded, summed over the CPUs. */
export function readStatuses(statusesFd: number): readonly StatusTally[] {
  const perCpu = new BigUint64Array(countPossibleCpus());
  return keysOf(statusesFd).map((key) => {
    check(libbpf().bpf_map_lookup_elem(statusesFd, key, perCpu), "read failed replies", "SYSCALL");
    const [ntStatus = 0, cell = 0] = key;
    return {
      ntStatus,
      ...slotAndCommandOf(cell),
      count: Number(perCpu.reduce((sum, value) => sum + value, 0n)),
    };
  });
}

/** Operations that failed without a request, by errno, since the programs were loaded, summed over the CPUs. */
export function readOperationErrors(errorsFd: number): readonly OperationErrors[] {
  const perCpu = new BigUint64Array(countPossibleCpus() * ERRNO_COUNT);
  check(
    libbpf().bpf_map_lookup_elem(errorsFd, new Uint32Array(1), perCpu),
    "read failed operations",
    "SYSCALL",
  );
  const counts = new Array<number>(ERRNO_COUNT).fill(0);
  perCpu.forEach((count, i) => {
    counts[i % ERRNO_COUNT] = (counts[i % ERRNO_COUNT] ?? 0) + Number(count);
  });
  return counts.flatMap((count, errno) => (count === 0 ? [] : [{ errno, count }]));
}

/** Iterates over `quiet` or `statuses`, whose keys are two words. */
function keysOf(mapFd: number): readonly Uint32Array<ArrayBuffer>[] {
  const keys: Uint32Array<ArrayBuffer>[] = [];
  let last: Uint32Array<ArrayBuffer> | null = null;
  for (;;) {
    const next: Uint32Array<ArrayBuffer> = new Uint32Array(2);
    // Any error means that there is no further key: ENOENT is the only possible one, kernel/bpf/hashtab.c.
    if (libbpf().bpf_map_get_next_key(mapFd, last, next) < 0) return keys;
    keys.push(next);
    last = next;
  }
}
