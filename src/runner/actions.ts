// The actions of a capture, one row each: which program collects it, with which arguments and bounds. Plans only; the
// programs are started elsewhere.
//
// Files of /proc are also read by a disposable child, not by aod: no thread of the daemon can hang on them, and a
// kernel that is broken enough to kill the reader of DebugData kills `cat`. No row names a path below a mount. A row
// without a program is a function of the order and of the memory that was frozen with it.

import { parseDebugData } from "../cifs/debug-data.ts";
import { ACTIONS, type ActionName, type CustomAction, type Stage } from "../model/action.ts";
import type { CaptureOrder, FrozenMemory } from "../model/capture.ts";
import { type Baseline, PRINT_FILES, SAMPLED } from "./baselines.ts";
import type { ChildLimits } from "./child.ts";
import type { DebugDataParser } from "./debug-data-parser.ts";
import { describeInflight } from "./inflight.ts";
import { kernelLogSince, kernelLogStart } from "./kernel-log.ts";
import { compareNetCounters } from "./net-counters.ts";
import { summarizeOpenFiles } from "./open-files-summary.ts";
import { planPackets } from "./packets.ts";
import type { Host, Plan, Run } from "./plan.ts";
import { trimPressure } from "./pressure-text.ts";
import { SHARED_READ_LIMITS } from "./shared-reads.ts";
import { summarizeSmb } from "./smb-summary.ts";
import { planSockets } from "./socket-plan.ts";
import { compareStats } from "./stats-delta.ts";

/** An action that is a program, run by a child. */
export interface ProgramAction extends ChildLimits {
  /** Actions begin in the order of their stages: the figures that change fastest come first. */
  readonly stage: Stage;
  /** A name, or an absolute path. */
  readonly program: string;
  readonly plan: (order: CaptureOrder, host: Host) => Plan;
  /** The program never exits by itself: being killed at its deadline is its regular end. */
  readonly runsToDeadline?: true;
  /** The file's suffix if the output is binary: it is stored byte for byte. */
  readonly suffix?: ".pcap";
  /**
   * Turns the output into the text that is stored.
   * @param baseline the last sample before the incident, if there is one.
   * @param parse parses DebugData once for all actions of the capture.
   */
  readonly show?: (
    output: string,
    order: CaptureOrder,
    baseline?: Baseline,
    parse?: DebugDataParser,
  ) => string;
  /** Variables that the program gets in addition to PATH and LC_ALL. */
  readonly environment?: (order: CaptureOrder) => Readonly<Record<string, string>>;
}

/** An action that renders the frozen memory, and reads only such files of /proc as no reader can hang on. */
export interface MemoryAction {
  readonly stage: Stage;
  /** A longer text is cut at its end. */
  readonly maxBytes: number;
  readonly render: (order: CaptureOrder, frozen: FrozenMemory) => string;
}

export type Action = ProgramAction | MemoryAction;

const KiB = 1024;
const MiB = 1024 * KiB;
const [STATS, DEBUG_DATA] = SAMPLED["stats-delta"];

/** Kernels without pressure stall information lack the first three, many lack the last. */
const PRESSURE_FILES = [
  "/proc/pressure/cpu",
  "/proc/pressure/io",
  "/proc/pressure/memory",
  "/proc/loadavg",
  "/proc/meminfo",
  "/proc/stat",
  "/proc/schedstat",
];

/** The versions that a support engineer asks for first. Only the parameters can change while aod runs. */
const VERSIONS = [
  "/proc/version",
  "/proc/cmdline",
  "/proc/sys/kernel/arch",
  "/proc/sys/kernel/tainted",
  "/sys/module/cifs/version",
  "/sys/module/cifs/srcversion",
  "/sys/module/cifs/parameters",
  "/etc/os-release",
];

/** Part of cifs-utils, which is not installed on a host that mounts by other means. */
const MOUNT_CIFS = "/usr/sbin/mount.cifs";
const MOUNT_CIFS_VERSION: Run = { heading: "mount.cifs -V", program: MOUNT_CIFS, args: ["-V"], afterMs: 0 };

const PROC = { stage: 1, timeoutMs: 3_000, maxBytes: 4 * MiB, keep: "head" } as const;
/** Files that cifs prints while it holds its own locks. */
const CIFS_FILE = { stage: 1, ...SHARED_READ_LIMITS, program: "cat" } as const;
// Logs print the oldest line first, and the newest lines matter most.
const LOGS = { stage: 2, timeoutMs: 10_000, maxBytes: 4 * MiB, keep: "tail" } as const;

export const ACTION_TABLE: Readonly<Record<ActionName, Action>> = {
  debugdata: { ...CIFS_FILE, plan: (_, host) => sharedPlan([DEBUG_DATA], host) },
  smbinfo: {
    ...CIFS_FILE,
    plan: (_, host) => sharedPlan([DEBUG_DATA], host),
    show: (output, _order, _baseline, parse = parseDebugData) => summarizeSmb(parse(output)),
  },
  sockets: { ...PROC, maxBytes: MiB, program: "ss", plan: planSockets },
  stats: { ...CIFS_FILE, plan: (_, host) => sharedPlan([STATS], host) },
  pressure: {
    ...PROC,
    program: "tail",
    plan: (_, host) => filesPlan(readable(PRESSURE_FILES, host), host, ...PRINT_FILES.options),
    show: trimPressure,
  },
  mounts: {
    ...PROC,
    // tail prints the name of each file above its content.
    program: "tail",
    plan: (_, host) => filesPlan(mountFiles(host), host, "-n", "+1"),
  },
  netstat: {
    ...PROC,
    maxBytes: 1 * MiB,
    program: PRINT_FILES.program,
    plan: (_, host) => filesPlan(SAMPLED.netstat, host, ...PRINT_FILES.options),
    show: compareNetCounters,
  },
  "stats-delta": {
    ...CIFS_FILE,
    plan: (_, host) => sharedPlan(SAMPLED["stats-delta"], host),
    show: compareStats,
  },
  openfiles: {
    ...PROC,
    maxBytes: 2 * MiB,
    program: "cat",
    plan: (_, host) => filesPlan(["/proc/fs/cifs/open_files"], host),
    show: summarizeOpenFiles,
  },
  dfscache: { ...PROC, program: "cat", plan: (_, host) => filesPlan(["/proc/fs/cifs/dfscache"], host) },
  versions: {
    ...PROC,
    maxBytes: 256 * KiB,
    program: "grep",
    plan: planVersions,
  },
  inflight: { stage: 1, maxBytes: 2 * MiB, render: describeInflight },
  dmesg: {
    ...LOGS,
    program: "dmesg",
    plan: () => ({ args: [] }),
    show: (output, order) => kernelLogSince(output, kernelLogStart(windowBeganNs(order))),
  },
  journalctl: {
    ...LOGS,
    program: "journalctl",
    plan: (order, host) => {
      const remote = whyRemote("/var/log/journal", host);
      if (remote !== undefined) return { missing: remote };
      const since = `--since=@${Math.floor(windowBeganEpochMs(order) / 1000)}`;
      return { args: ["--no-pager", "--utc", "--output=short-iso-precise", since] };
    },
  },
  pcap: {
    stage: 3,
    timeoutMs: 10_000,
    maxBytes: 4 * MiB,
    keep: "head",
    program: "tcpdump",
    plan: planPackets,
    runsToDeadline: true,
    suffix: ".pcap",
  },
  syslogs: {
    ...LOGS,
    maxBytes: 256 * KiB,
    program: "tail",
    plan: (_, host) => {
      const plans = ["/var/log/syslog", "/var/log/messages"].map((log) =>
        filesPlan([log], host, "-n", "100"),
      );
      const missing = plans.flatMap((plan) => ("missing" in plan ? [plan.missing] : []));
      return plans.find((plan) => "args" in plan) ?? { missing: missing.join("; ") };
    },
  },
};

/** An action's row; undefined for an unknown name. */
export function findAction(name: string, customActions: readonly CustomAction[] = []): Action | undefined {
  if (Object.hasOwn(ACTIONS, name)) return ACTION_TABLE[name as ActionName];
  const custom = customActions.find((one) => one.name === name);
  return custom && makeCustomAction(custom);
}

/**
 * The row of an action that the configuration defines. Its arguments are not checked: they are the operator's decision.
 */
function makeCustomAction({ command: [program, ...args], ...bounds }: CustomAction): Action {
  return {
    ...bounds,
    keep: "head",
    program,
    plan: (_, host) => {
      // execve(2) waits until the program's file has been read.
      const remote = whyRemote(program, host);
      return remote === undefined ? { args } : { missing: remote };
    },
    environment: ({ incidentId, rule, share }) => ({
      AOD_INCIDENT_ID: incidentId ?? "",
      AOD_RULE: rule,
      AOD_SHARE: share,
    }),
  };
}

/** When the rule's window began, or the oldest request that tripped it if that was earlier; ns of CLOCK_MONOTONIC. */
export function windowBeganNs({ triggeredNs, windowNs, evidence }: CaptureOrder): number {
  return evidence.reduce((began, { startNs }) => Math.min(began, Number(startNs)), triggeredNs - windowNs);
}

function windowBeganEpochMs(order: CaptureOrder): number {
  return order.frozenAt.epochMs - (order.frozenAt.monotonicNs - windowBeganNs(order)) / 1e6;
}

function filesPlan(paths: readonly string[], host: Host, ...options: readonly string[]): Plan {
  const reason = paths.map((path) => whyUnreadable(path, host)).find((why) => why !== undefined);
  return reason === undefined ? { args: [...options, ...paths] } : { missing: reason };
}

function sharedPlan(files: readonly string[], host: Host): Plan {
  const plan = filesPlan(files, host);
  return "missing" in plan ? plan : { files };
}

function planVersions(_: CaptureOrder, host: Host): Plan {
  const plan = filesPlan(readable(VERSIONS, host), host, "-raHs", "");
  if (!("args" in plan)) return plan;
  return {
    runs: [
      // grep prints the file's name before each line, and walks folders.
      { heading: "the kernel and the distribution", program: "grep", args: plan.args, afterMs: 0 },
      ...(whyUnreadable(MOUNT_CIFS, host) === undefined ? [MOUNT_CIFS_VERSION] : []),
    ],
  };
}

/**
 * The mount table of the first process: aod's own sandbox may hide parts of it. aod's own table where that is
 * unreadable.
 */
function mountFiles(host: Host): readonly string[] {
  const ofHost = ["/proc/1/mounts", "/proc/1/mountinfo"];
  const isThere = ofHost.every((path) => whyUnreadable(path, host) === undefined);
  return isThere ? ofHost : ["/proc/mounts", "/proc/self/mountinfo"];
}

/** The paths that can be read; all of them if none can, so that the reason is reported. */
function readable(paths: readonly string[], host: Host): readonly string[] {
  const found = paths.filter((path) => whyUnreadable(path, host) === undefined);
  return found.length > 0 ? found : paths;
}

function whyUnreadable(path: string, host: Host): string | undefined {
  return whyRemote(path, host) ?? (host.exists(path) ? undefined : `${path} does not exist`);
}

function whyRemote(path: string, host: Host): string | undefined {
  const fileSystem = host.networkFileSystem(path);
  return fileSystem === undefined ? undefined : `${path} is on ${fileSystem}, which may hang`;
}
