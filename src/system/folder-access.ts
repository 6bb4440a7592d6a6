// Whether a sandbox of systemd restricts a folder for this process, and how. It reads only the mounts: nothing is
// written, and nothing on a network file system is touched.

import { readFileSync } from "node:fs";
import type { Mount } from "../model/mountinfo.ts";
import type { FolderAccess } from "../model/sandbox.ts";
import { mountOf } from "./mounts.ts";

/** PrivateTmp=: /tmp inside is such a folder outside. */
const PRIVATE_TMP = /(^|\/)systemd-private-[^/]+\/tmp$/;
/** ProtectHome=, InaccessiblePaths=: an empty folder of this name covers a hidden path. */
const INACCESSIBLE = /(^|\/)systemd\/inaccessible\/\w+$/;

/** @param whereIs the part of the mounts that holds a path; `host` for the mounts of the host's first process. */
export function folderAccess(path: string, whereIs = whereIsMount): FolderAccess {
  const mount = whereIs(path, "self");
  if (mount === undefined) return "open";
  if (INACCESSIBLE.test(mount.root)) return "hidden";
  if (PRIVATE_TMP.test(mount.root)) return "private";
  if (!isReadOnly(mount)) return "open";
  // A mount that is read-only on the host as well is no sandbox; if aod may not see the host's mounts, the answer is
  // unknown.
  const onHost = whereIs(path, "host");
  return onHost === undefined || isReadOnly(onHost) ? "open" : "read-only";
}

function isReadOnly({ options, superOptions }: Mount): boolean {
  return options.includes("ro") || superOptions.includes("ro");
}

function whereIsMount(path: string, whose: "self" | "host"): Mount | undefined {
  if (whose === "self") return mountOf(path);
  try {
    const text = readFileSync("/proc/1/mountinfo", "utf8");
    // Symbolic links are followed as this process sees them, which is enough to detect a sandbox.
    return mountOf(path, { readMountinfo: () => text, readLink: () => undefined });
  } catch {
    // hidepid, or no such process in this container.
    return undefined;
  }
}
