// The runner's view of the machine: its identity, and which paths are safe to touch. No other file of this room reads
// the machine's state, except to collect captures.

import { existsSync, readFileSync } from "node:fs";
import { hostname, release } from "node:os";
import { readNetworkNamespace } from "../cifs/proc.ts";
import { version } from "../model/version.ts";
import { remoteFileSystemOf } from "../system/mounts.ts";
import { readPermits } from "../system/permits.ts";
import type { HostFacts } from "./manifest.ts";
import type { Host } from "./plan.ts";

/** Read once, when the runner starts. */
export function readHostFacts(): HostFacts {
  return {
    aodVersion: version,
    host: hostname(),
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    kernel: release(),
  };
}

export const HOST: Host = {
  networkFileSystem: (path) => remoteFileSystemOf(path)?.type,
  exists: existsSync,
  networkNamespace: (pid) => readNetworkNamespace(pid),
  permits: readPermits(),
};
