// What doctor looks at on this host that is no program of ours: kernel, privileges, lockdown, what is loaded.
// Texts of /proc and /sys in, findings out; the parsing is pure, `readHost` alone touches files. Features are found
// by trying them (bpf.ts); the kernel's version is shown and never compared.

import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { showsAllTasks } from "../cifs/proc.ts";
import { bad, type Finding, note, ok, warn } from "./finding.ts";

export interface HostTexts {
  readonly kernelRelease: string;
  /** /proc/self/status. */
  readonly status: string;
  /** /sys/kernel/security/lockdown; undefined where there is none. */
  readonly lockdown: string | undefined;
  /** /proc shows the tasks of the whole host. */
  readonly allTasksShown: boolean;
  /** /sys/module/cifs is there. */
  readonly cifsLoaded: boolean;
  /** modules.dep and modules.builtin of the running kernel; undefined where there are none. */
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
  readonly buys: string;
  readonly required: boolean;
}

/** include/uapi/linux/capability.h. Whether BPF really works is for bpf.ts to try. */
const CAPABILITIES: readonly Capability[] = [
  { bit: 39, name: "CAP_BPF", buys: "loading BPF programs", required: true },
  { bit: 38, name: "CAP_PERFMON", buys: "attaching them to tracepoints", required: true },
  { bit: 2, name: "CAP_DAC_READ_SEARCH", buys: "reading logs and DebugData of other users", required: false },
  { bit: 19, name: "CAP_SYS_PTRACE", buys: "seeing where other users' processes wait", required: false },
  { bit: 34, name: "CAP_SYSLOG", buys: "the kernel log in captures", required: false },
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
  if (missing.length === 0) return ok("privileges", "all that aod can use");
  const found = `missing ${missing.map(({ name, buys }) => `${name} (${buys})`).join(", ")}`;
  if (missing.some(({ required }) => required)) {
    return bad("privileges", found, "run as root, or give the process these capabilities", "NOT_PERMITTED");
  }
  return warn("privileges", found, "captures hold less; run as root, or add these capabilities");
}

export function lockdownFinding({ lockdown }: Pick<HostTexts, "lockdown">): Finding {
  const mode = /\[(\w+)\]/.exec(lockdown ?? "")?.[1];
  if (mode === undefined) return ok("lockdown", "not in this kernel");
  // Only reading kernel memory is forbidden, which the programs never do: kernel/bpf/, security/lockdown.
  return ok("lockdown", mode === "none" ? "none" : `${mode}: aod reads no kernel memory, nothing is lost`);
}

/** The kernel counts tasks from the first pid namespace; in another one aod can't find them. */
export function tasksFinding({ allTasksShown }: Pick<HostTexts, "allTasksShown">): Finding {
  if (allTasksShown) return ok("tasks", "those of the whole host can be looked at");
  const found = "in a pid namespace of its own: who waits can't be told, and hung requests less surely";
  return warn("tasks", found, "run aod on the host, or in a container with the host's pid namespace");
}

/** Whether the module can come at all; whether its tracepoints can be attached to is for bpf.ts to try. */
export function moduleFinding({ cifsLoaded, modules }: Pick<HostTexts, "cifsLoaded" | "modules">): Finding {
  if (cifsLoaded) return ok("cifs", "loaded");
  if (modules !== undefined && /\/cifs\.ko/.test(modules)) {
    return ok("cifs", "not loaded; aod waits, and attaches by itself when a share is mounted");
  }
  if (modules === undefined) {
    return warn(
      "cifs",
      "not loaded, and this kernel's list of modules is not here",
      "mount a share and look again",
    );
  }
  const todo =
    "install the package that holds it (linux-modules-extra, kernel-modules, or a full kernel image)";
  return warn("cifs", "not loaded, and this kernel has no such module", todo);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EACCES: a container that hides it. To doctor it is as if it were not there.
    if (code === "ENOENT" || code === "EACCES" || code === "EPERM") return undefined;
    throw error;
  }
}
