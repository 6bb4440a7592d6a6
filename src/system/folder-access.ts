// Whether a sandbox of systemd stands between this process and a folder. In: a path; out: what is in the way. Told from the
// mounts alone: nothing is written, and nothing on a network file system is touched.

import { readFileSync } from "node:fs";
import type { Mount } from "../model/mountinfo.ts";
import type { FolderAccess } from "../model/sandbox.ts";
import { mountOf } from "./mounts.ts";

/** PrivateTmp=: what is /tmp inside is such a folder outside. */
const PRIVATE_TMP = /(^|\/)systemd-private-[^/]+\/tmp$/;
/** ProtectHome=, InaccessiblePaths=: an empty folder of this name covers what is hidden. */
const INACCESSIBLE = /(^|\/)systemd\/inaccessible\/\w+$/;

/** @param whereIs what of the mounts holds a path; `host` for the mounts of the host's first process. */
export function folderAccess(path: string, whereIs = whereIsMount): FolderAccess {
  const mount = whereIs(path, "self");
  if (mount === undefined) return "open";
  if (INACCESSIBLE.test(mount.root)) return "hidden";
  if (PRIVATE_TMP.test(mount.root)) return "private";
  if (!isReadOnly(mount)) return "open";
  // Read-only for everybody is no sandbox; where the host's mounts may not be seen, nobody can tell.
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
    // Links are those of the path as this process sees it: good enough to tell a sandbox by.
    return mountOf(path, { readMountinfo: () => text, readLink: () => undefined });
  } catch {
    // hidepid, or no such process in this container.
    return undefined;
  }
}
