// Checks settings of the kernel that make aod cost more than necessary. Pure but for `readKernelSettings`.

import { readFileSync } from "node:fs";
import { type Finding, note, ok, warn } from "./finding.ts";

export interface KernelSettings {
  /** kernel.bpf_stats_enabled; undefined if the kernel does not have it or hides it. */
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
  if (!isSlow && !isCounting) return [ok("BPF settings", "no setting makes the programs slower")];
  return [
    ...(isSlow
      ? [
          warn(
            "BPF settings",
            "the programs are interpreted: each request costs several times more",
            "sysctl net.core.bpf_jit_enable=1, then restart aod",
          ),
        ]
      : []),
    ...(isCounting
      ? [
          {
            ...note(
              "BPF settings",
              "the kernel measures every run of every program, at a cost of some 50 ns each",
            ),
            todo: "sysctl kernel.bpf_stats_enabled=0, unless a measurement is running",
          },
        ]
      : []),
  ];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // The kernel does not have it, or a container hides it: nothing is known then.
    return undefined;
  }
}
