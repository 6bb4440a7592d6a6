// The BPF object in the kernel: opens, verifies and loads it, finds its maps and programs, runs a program by hand.
// hooks.ts attaches the programs; maps.ts reads and writes the maps.

import { ptr } from "bun:ffi";
import { errnoName } from "../model/errno.ts";
import { AodError } from "../model/failure.ts";
import { lastErrno } from "../system/libc.ts";
import { OBJECTS, type ObjectBuild, readAsset } from "./assets.ts";
import { check, cString, type Handle, libbpf, present } from "./libbpf.ts";

const EPERM = 1;
const EACCES = 13;
const ENOSYS = 38;
const VERIFIER_LOG_BYTES = 64 * 1024;
const VERIFIER_LOG_SHOWN = 2000;

// struct bpf_object_open_opts and bpf_test_run_opts of libbpf 1.1, which is the one inside this executable.
const OPEN_OPTS = { bytes: 80, kernelLogBuf: 56, kernelLogSize: 64 } as const;
const RUN_OPTS = { bytes: 80, ctxIn: 32, ctxSizeIn: 48, retval: 56 } as const;
// The most arguments that a raw tracepoint has: MAX_BPF_FUNC_ARGS, include/linux/bpf.h.
const RUN_ARGUMENTS_MAX = 12;

export type ProgramName =
  | "on_cmd_enter"
  | "on_cmd_done"
  | "on_cmd_err"
  | "on_enter"
  | "on_exit_done"
  | "on_exit_err"
  | SignalProgram
  | `${ConnectionProgram}_unnamed`
  | "reap_request"
  | "reap_operation";

/** Two programs for each hook: bpf/signal.h explains the second. */
type ConnectionProgram =
  | "on_reconnect"
  | "on_partial_send_reconnect"
  | "on_credit_timeout"
  | "on_reconnect_invalid_credits"
  | "on_insufficient_credits"
  | "on_overflow_credits";

type SignalProgram =
  | ConnectionProgram
  | "on_ses_expired"
  | "on_connect_err"
  | "on_ses_not_found"
  | "on_key_expired"
  | "on_tcon";

/** All maps of the object: the last four are the programs' own. */
export const MAP_NAMES = [
  "requests",
  "operations",
  "control",
  "events",
  "counters",
  "histograms",
  "trees",
  "filters",
  "quiet",
  "statuses",
  "operation_errors",
  "states",
  "ghosts",
  "operations_by_xid",
  "failed_replies",
  "outer_operations",
  "last_requests",
] as const;

export type MapName = (typeof MAP_NAMES)[number];

export class BpfObject {
  readonly build: ObjectBuild;
  readonly #object: Handle;
  readonly #arguments = new BigUint64Array(RUN_ARGUMENTS_MAX);
  readonly #runOpts = new DataView(new ArrayBuffer(RUN_OPTS.bytes));
  readonly #runOptsPointer = ptr(this.#runOpts);
  #closed = false;

  private constructor(build: ObjectBuild, object: Handle) {
    this.build = build;
    this.#object = object;
    this.#runOpts.setBigUint64(0, BigInt(RUN_OPTS.bytes), true);
    this.#runOpts.setBigUint64(RUN_OPTS.ctxIn, BigInt(ptr(this.#arguments)), true);
    this.#runOpts.setUint32(RUN_OPTS.ctxSizeIn, this.#arguments.byteLength, true);
  }

  /**
   * Loads the build with compare-and-exchange, or the plain one where the kernel refuses that.
   * Throws NOT_PERMITTED, BPF_UNSUPPORTED (no BPF in this kernel) or BPF_LOAD with the verifier's last words.
   */
  static load(): BpfObject {
    try {
      return BpfObject.loadBuild("atomic");
    } catch (refusal) {
      if (!(refusal instanceof AodError) || refusal.code !== "BPF_LOAD") throw refusal;
      try {
        return BpfObject.loadBuild("plain");
      } catch {
        // The kernel refuses both: its answer to the build that was meant for it helps more.
        throw refusal;
      }
    }
  }

  /** Loads exactly this build: for `doctor` and the tests. */
  static loadBuild(build: ObjectBuild): BpfObject {
    const bpf = libbpf();
    const bytes = readAsset(OBJECTS[build]);
    const log = new Uint8Array(VERIFIER_LOG_BYTES);
    const opts = new DataView(new ArrayBuffer(OPEN_OPTS.bytes));
    opts.setBigUint64(0, BigInt(OPEN_OPTS.bytes), true);
    opts.setBigUint64(OPEN_OPTS.kernelLogBuf, BigInt(ptr(log)), true);
    opts.setBigUint64(OPEN_OPTS.kernelLogSize, BigInt(log.length), true);
    const object = bpf.bpf_object__open_mem(bytes, bytes.length, new Uint8Array(opts.buffer));
    if (object === null) throw new AodError("BPF_LOAD", `open the BPF object: ${errnoName(lastErrno())}`);
    const returned = bpf.bpf_object__load(object);
    if (returned < 0) {
      bpf.bpf_object__close(object);
      throw refused(build, -returned, log);
    }
    return new BpfObject(build, object);
  }

  mapFd(name: MapName): number {
    const map = libbpf().bpf_object__find_map_by_name(this.#object, cString(name));
    return check(libbpf().bpf_map__fd(present(map, `map ${name}`)), `map ${name}`);
  }

  programFd(name: ProgramName): number {
    const program = libbpf().bpf_object__find_program_by_name(this.#object, cString(name));
    return check(libbpf().bpf_program__fd(present(program, `program ${name}`)), `program ${name}`);
  }

  /**
   * Runs a program once in this thread, as its tracepoint would with these arguments (BPF_PROG_TEST_RUN).
   * @returns what the program returned.
   */
  run(programFd: number, tracepointArguments: readonly bigint[]): number {
    for (let i = 0; i < tracepointArguments.length; i++) this.#arguments[i] = tracepointArguments[i] ?? 0n;
    const returned = libbpf().bpf_prog_test_run_opts(programFd, this.#runOptsPointer);
    if (returned < 0) check(returned, "BPF_PROG_TEST_RUN", "SYSCALL");
    return this.#runOpts.getUint32(RUN_OPTS.retval, true);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libbpf().bpf_object__close(this.#object);
  }
}

function refused(build: ObjectBuild, errno: number, log: Uint8Array): AodError {
  const text = new TextDecoder().decode(log.subarray(0, Math.max(0, log.indexOf(0)))).trim();
  const context = { errno, build, verifier: text.slice(-VERIFIER_LOG_SHOWN) };
  const doing = `load the ${build} BPF object: ${errnoName(errno)}`;
  // A program that the verifier rejects has a log also where the errno is EACCES.
  if ((errno === EPERM || errno === EACCES) && text === "") {
    return new AodError("NOT_PERMITTED", `${doing} (CAP_BPF and CAP_PERFMON are needed, or root)`, context);
  }
  if (errno === ENOSYS) return new AodError("BPF_UNSUPPORTED", `${doing} (a kernel without BPF)`, context);
  return new AodError("BPF_LOAD", doing, context);
}
