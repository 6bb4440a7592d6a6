// Which file system a path is on, by /proc/self/mountinfo and never by statfs, which would hang on the very share that
// aod is to diagnose. The path need not exist. Nothing on a network file system is touched: symbolic links are read one
// name at a time, and only if the mount before them is local.

import { readFileSync, readlinkSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { type Mount, parseMountInfo } from "../model/mountinfo.ts";

export type FileSystem = Pick<Mount, "type" | "mountPoint" | "source">;

/** The questions to the host; tests replace them. */
export interface MountHost {
  /** The text of /proc/self/mountinfo. */
  readMountinfo(): string;
  /** The target of a symbolic link; undefined for other files, and if it can't be read. */
  readLink(path: string): string | undefined;
}

/**
 * Types whose files depend on another machine, or on a process that may depend on one: a thread that touches them may
 * never return. autofs is among them because any file system may be mounted there.
 */
const NETWORK_TYPES = new Set(
  (
    "cifs smb3 smbfs smb2 nfs nfs4 9p afs afp autofs beegfs ceph coda davfs gfs gfs2 glusterfs gpfs lustre mmfs " +
    "ncpfs ncp ocfs2 orangefs panfs prl_fs pvfs2 vboxsf virtiofs vmhgfs wekafs"
  ).split(" "),
);

/** Served by a process on this machine, from its own disks: fuse, but no network. */
const LOCAL_FUSE = new Set(["fuse.fuse-overlayfs"]);

/** As many symbolic links as the kernel follows before ELOOP: MAXSYMLINKS, include/linux/namei.h. */
const LINKS_MAX = 40;

const THIS_HOST: MountHost = {
  readMountinfo: () => readFileSync("/proc/self/mountinfo", "utf8"),
  readLink: (path) => {
    try {
      return readlinkSync(path);
    } catch {
      // EINVAL: not a link. ENOENT, EACCES, ENOTDIR: the rest of the path is taken as it is written.
      return undefined;
    }
  },
};

/** Whether files of this type may hang, or vanish, with a network or a server. */
export function isNetworkFileSystem(type: string): boolean {
  if (/^fuse(blk)?(\.|$)/.test(type)) return !LOCAL_FUSE.has(type);
  return NETWORK_TYPES.has(type);
}

/**
 * The file system that holds, or would hold, a path. If the path leads through a network file system, it is that one.
 * Undefined if mountinfo does not show it (a chroot that is no mount point).
 */
export function fileSystemOf(path: string, host: MountHost = THIS_HOST): FileSystem | undefined {
  return mountOf(path, host);
}

/**
 * The file system of a path if files there may hang with a network or a server; undefined for a path that is safe to
 * touch.
 */
export function remoteFileSystemOf(
  path: string,
  whereIs: typeof fileSystemOf = fileSystemOf,
): FileSystem | undefined {
  const fileSystem = whereIs(path);
  return fileSystem !== undefined && isNetworkFileSystem(fileSystem.type) ? fileSystem : undefined;
}

/** Like `fileSystemOf`, with all fields of mountinfo. */
export function mountOf(path: string, host: MountHost = THIS_HOST): Mount | undefined {
  const mounts = parseMountInfo(host.readMountinfo());
  // The path is not normalised first: the kernel, too, walks into a folder that ".." then leaves.
  const pending = names(isAbsolute(path) ? path : `${process.cwd()}/${path}`);
  let reached = "/";
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const next = name === ".." ? dirname(reached) : join(reached, name);
    const mount = mountAt(mounts, next);
    // An automount point must not be triggered, but a file system that is mounted on it counts.
    const isAutomount = mount?.type === "autofs";
    if (mount !== undefined && !isAutomount && isNetworkFileSystem(mount.type)) return mount;

    const target = isAutomount || links === LINKS_MAX ? undefined : host.readLink(next);
    if (target === undefined) {
      reached = next;
    } else {
      links += 1;
      pending.unshift(...names(target));
      if (target.startsWith("/")) reached = "/";
    }
  }
  return mountAt(mounts, reached);
}

/**
 * The mount in which a path without symbolic links ends. Mounts form a tree: a mount that covers a folder hides all
 * that was mounted below it before, however long the mount point is.
 */
function mountAt(mounts: readonly Mount[], path: string): Mount | undefined {
  const onTheWay = mounts.filter(({ mountPoint }) => isWithin(path, mountPoint));
  const ids = new Set(onTheWay.map(({ mountId }) => mountId));
  let current: Mount | undefined;
  for (let steps = 0; steps < onTheWay.length; steps++) {
    const next = nearest(
      onTheWay.filter((mount) =>
        current === undefined
          ? !ids.has(mount.parentId) || mount.parentId === mount.mountId
          : mount.parentId === current.mountId && mount !== current,
      ),
    );
    if (next === undefined) break;
    current = next;
  }
  return current;
}

/** The mount that a walk from the root meets first; of several on one point the last, which covers the others. */
function nearest(mounts: readonly Mount[]): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    if (found === undefined || mount.mountPoint.length <= found.mountPoint.length) found = mount;
  }
  return found;
}

function isWithin(path: string, mountPoint: string): boolean {
  return mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`);
}

function names(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
