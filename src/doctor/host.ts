// Checks the host: kernel, privileges, lockdown, and whether cifs is loaded. Pure but for `readHost`, which reads files
// of /proc and /sys. Whether a feature works is found by trying it (bpf.ts); the kernel's version is shown and never
// compared.

import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { showsAllTasks } from "../cifs/proc.ts";
import { bad, type Finding, note, ok, warn } from "./finding.ts";

export interface HostTexts {
  readonly kernelRelease: string;
  /** /proc/self/status. */
  readonly status: string;
  /** /sys/kernel/security/lockdown; undefined without one. */
  readonly lockdown: string | undefined;
  /** Whether /proc shows the tasks of the whole host. */
  readonly allTasksShown: boolean;
  /** Whether /sys/module/cifs exists. */
  readonly cifsLoaded: boolean;
  /** modules.dep and modules.builtin of the running kernel; undefined without them. */
  readonly modules: string | undefined;
}

export function readHost(): HostTexts {
  const kernelRelease = release();
  const lists = ["modules.dep", "modules.builtin"].map((list) =>
    textOf(`/lib/modules/${kernelRelease}/${list}`),
  );
  const present = lists.filter((list) => list !== undefined);
  return {
    kernelRelease,
    status: readFileSync("/proc/self/status", "utf8"),
    lockdown: textOf("/sys/kernel/security/lockdown"),
    allTasksShown: showsAllTasks(),
    cifsLoaded: existsSync("/sys/module/cifs"),
    modules: present.length === 0 ? undefined : present.join("\n"),
  };
}

interface Capability {
  readonly bit: number;
  readonly name: string;
  /** The purpose of the capability, in words. */
  readonly use: string;
  readonly required: boolean;
}

/** From include/uapi/linux/capability.h. Whether BPF really works is tried in bpf.ts. */
const CAPABILITIES: readonly Capability[] = [
  { bit: 39, name: "CAP_BPF", use: "loading BPF programs", required: true },
  { bit: 38, name: "CAP_PERFMON", use: "attaching them to tracepoints", required: true },
  { bit: 2, name: "CAP_DAC_READ_SEARCH", use: "reading logs and DebugData of other users", required: false },
  { bit: 19, name: "CAP_SYS_PTRACE", use: "seeing where other users' processes wait", required: false },
  { bit: 34, name: "CAP_SYSLOG", use: "the kernel log in captures", required: false },
];
/** CAP_SYS_ADMIN stands for CAP_BPF, CAP_PERFMON and CAP_SYSLOG: kernel/capability.c and its users. */
const CAP_SYS_ADMIN = 21n;
const SYS_ADMIN_STANDS_FOR = [39, 38, 34];

export function kernelFinding({ kernelRelease }: Pick<HostTexts, "kernelRelease">): Finding {
  return note("kernel", `Linux ${kernelRelease}`);
}

export function privilegesFinding({ status }: Pick<HostTexts, "status">): Finding {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const admin = ((effective >> CAP_SYS_ADMIN) & 1n) === 1n;
  const missing = CAPABILITIES.filter(
    ({ bit }) => ((effective >> BigInt(bit)) & 1n) === 0n && !(admin && SYS_ADMIN_STANDS_FOR.includes(bit)),
  );
  if (missing.length === 0) return ok("privileges", "all that aod uses");
  const found = `missing ${missing.map(({ name, use }) => `${name} (${use})`).join(", ")}`;
  if (missing.some(({ required }) => required)) {
    return bad("privileges", found, "run as root, or give the process these capabilities", "NOT_PERMITTED");
  }
  return warn("privileges", found, "captures contain less; run as root, or add these capabilities");
}

export function lockdownFinding({ lockdown }: Pick<HostTexts, "lockdown">): Finding {
  const mode = /\[(\w+)\]/.exec(lockdown ?? "")?.[1];
  if (mode === undefined) return ok("lockdown", "not in this kernel");
  // Lockdown only forbids reading kernel memory, which the programs never do: kernel/bpf/, security/lockdown.
  return ok("lockdown", mode === "none" ? "none" : `${mode}: aod reads no kernel memory, nothing is lost`);
}

/** The kernel numbers tasks in the first pid namespace; in another namespace aod cannot find them. */
export function tasksFinding({ allTasksShown }: Pick<HostTexts, "allTasksShown">): Finding {
  if (allTasksShown) return ok("tasks", "the tasks of the whole host are visible");
  const found =
    "separate pid namespace: affected processes are not named, and hung requests are detected less reliably";
  return warn("tasks", found, "run aod on the host, or in a container with the pid namespace of the host");
}

/** Whether the module is loaded or can be loaded. Whether its tracepoints can be attached is tried in bpf.ts. */
export function moduleFinding({ cifsLoaded, modules }: Pick<HostTexts, "cifsLoaded" | "modules">): Finding {
  if (cifsLoaded) return ok("cifs", "loaded");
  if (modules !== undefined && /\/cifs\.ko/.test(modules)) {
    return ok("cifs", "not loaded; aod waits, and attaches when a share is mounted");
  }
  if (modules === undefined) {
    return warn(
      "cifs",
      "not loaded, and the list of modules of this kernel cannot be read",
      "mount a share and run aod doctor again",
    );
  }
  const todo =
    "install the package that contains it (linux-modules-extra, kernel-modules, or a full kernel image)";
  return warn("cifs", "not loaded, and this kernel has no such module", todo);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A container that hides the file returns EACCES; doctor treats it as missing.
    if (code === "ENOENT" || code === "EACCES" || code === "EPERM") return undefined;
    throw error;
  }
}
