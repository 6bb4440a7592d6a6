// Settings of the kernel that make aod cost more than it has to. Texts of /proc/sys in, findings out; pure but for
// `readKernelSettings`.

import { readFileSync } from "node:fs";
import { type Finding, note, ok, warn } from "./finding.ts";

export interface KernelSettings {
  /** kernel.bpf_stats_enabled; undefined where the kernel does not have it or hides it. */
  readonly bpfStats: string | undefined;
  /** net.core.bpf_jit_enable. */
  readonly bpfJit: string | undefined;
}

export function readKernelSettings(): KernelSettings {
  return {
    bpfStats: textOf("/proc/sys/kernel/bpf_stats_enabled"),
    bpfJit: textOf("/proc/sys/net/core/bpf_jit_enable"),
  };
}

export function settingsFindings({ bpfStats, bpfJit }: KernelSettings): readonly Finding[] {
  const isSlow = bpfJit === "0";
  const isCounting = bpfStats === "1";
  if (!isSlow && !isCounting) return [ok("BPF settings", "nothing that makes programs slower")];
  return [
    ...(isSlow
      ? [
          warn(
            "BPF settings",
            "programs are interpreted: each request costs several times more",
            "sysctl net.core.bpf_jit_enable=1, before aod is started",
          ),
        ]
      : []),
    ...(isCounting
      ? [
          {
            ...note(
              "BPF settings",
              "the kernel measures every run of every program, which costs some 50 ns each",
            ),
            todo: "sysctl kernel.bpf_stats_enabled=0, unless somebody is measuring",
          },
        ]
      : []),
  ];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // Not in this kernel, or hidden from a container: nothing is known then.
    return undefined;
  }
}
