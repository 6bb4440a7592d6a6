import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import {
  fileSystemOf,
  isNetworkFileSystem,
  type MountHost,
  remoteFileSystemOf,
} from "../../src/system/mounts.ts";
import { tempDir } from "../helpers/temp-dir.ts";

interface Faked {
  readonly mounts: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
}

/** Fails as soon as a path at or below a network mount point is touched: there the real thing would hang. */
function hostOf({ mounts, links = {} }: Faked, hung: readonly string[] = []): MountHost {
  return {
    readMountinfo: () => `${mounts.join("\n")}\n`,
    readLink: (path) => {
      const touched = hung.find((point) => path === point || path.startsWith(`${point}/`));
      if (touched !== undefined) throw new Error(`touched ${path}`);
      return links[path];
    },
  };
}

const ROOT = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw";

describe("fileSystemOf", () => {
  test.each([
    ["the root", "/var/log/aod", [ROOT], "ext4", "/"],
    [
      "the longest mount point",
      "/var/log/aod",
      [ROOT, "30 22 0:40 / /var/log rw - cifs //srv/logs rw"],
      "cifs",
      "/var/log",
    ],
    [
      "whole names only",
      "/var/logs/aod",
      [ROOT, "30 22 0:40 / /var/log rw - cifs //srv/logs rw"],
      "ext4",
      "/",
    ],
    [
      "the mount point itself",
      "/var/log",
      [ROOT, "30 22 0:40 / /var/log rw - nfs4 srv:/logs rw"],
      "nfs4",
      "/var/log",
    ],
    [
      "a local mount below",
      "/srv/a/b",
      [ROOT, "30 22 8:2 / /srv rw - xfs /dev/sdb rw", "31 30 8:3 / /srv/a rw - btrfs /dev/sdc rw"],
      "btrfs",
      "/srv/a",
    ],
    [
      "a later mount over an earlier one",
      "/mnt/x",
      [ROOT, "30 22 0:40 / /mnt rw - cifs //srv/a rw", "31 30 8:2 / /mnt rw - ext4 /dev/sdb rw"],
      "ext4",
      "/mnt",
    ],
    [
      "the later of two that stand side by side on one point",
      "/mnt/x",
      [ROOT, "30 22 0:40 / /mnt rw - cifs //srv/a rw", "31 22 8:2 / /mnt rw - ext4 /dev/sdb rw"],
      "ext4",
      "/mnt",
    ],
    [
      "a network mount over a local one",
      "/mnt/x",
      [ROOT, "30 22 8:2 / /mnt rw - ext4 /dev/sdb rw", "31 30 0:40 / /mnt rw - cifs //srv/a rw"],
      "cifs",
      "/mnt",
    ],
    [
      "what a later mount above it hides",
      "/mnt/deep/x",
      [ROOT, "30 22 8:2 / /mnt/deep rw - ext4 /dev/sdb rw", "31 22 0:40 / /mnt rw - nfs srv:/a rw"],
      "nfs",
      "/mnt",
    ],
    [
      "a space in the mount point",
      "/mnt/my share/x",
      [ROOT, "30 22 0:40 / /mnt/my\\040share rw - cifs //srv/my\\040share rw"],
      "cifs",
      "/mnt/my share",
    ],
    [
      "any number of optional fields",
      "/a",
      ["22 1 8:1 / / rw shared:1 master:2 propagate_from:3 - xfs /dev/sda1 rw"],
      "xfs",
      "/",
    ],
    [
      "a stacked root",
      "/a",
      ["1 1 0:1 / / rw - rootfs rootfs rw", "22 1 8:1 / / rw - ext4 a rw"],
      "ext4",
      "/",
    ],
    [
      "a path that leads through a share and out again",
      "/mnt/share/../../var/x",
      [ROOT, "30 22 0:40 / /mnt/share rw - cifs //srv/a rw"],
      "cifs",
      "/mnt/share",
    ],
    [
      "a path that climbs",
      "/mnt/../../var/x",
      [ROOT, "30 22 0:40 / /mnt/share rw - cifs //srv/a rw"],
      "ext4",
      "/",
    ],
  ])("knows %s", (_, path, mounts, type, mountPoint) => {
    expect(fileSystemOf(path, hostOf({ mounts }))).toMatchObject({ type, mountPoint });
  });

  test("follows symbolic links, absolute and relative ones, and those behind them", () => {
    const mounts = [ROOT, "30 22 0:40 / /mnt/share rw - cifs //srv/a rw"];
    const links = { "/var/log": "/data/log", "/data": "srv/../other", "/other/log": "../mnt/share" };
    expect(fileSystemOf("/var/log/aod", hostOf({ mounts, links }))?.type).toBe("cifs");
    expect(fileSystemOf("/var/aod", hostOf({ mounts, links }))?.type).toBe("ext4");
  });

  test("comes to an end where links lead in a circle", () => {
    expect(fileSystemOf("/a/x", hostOf({ mounts: [ROOT], links: { "/a": "/b", "/b": "/a" } }))?.type).toBe(
      "ext4",
    );
  });

  test("touches nothing at or below a network mount point", () => {
    const mounts = [
      ROOT,
      "30 22 0:40 / /mnt/share rw - cifs //srv/a rw",
      "31 30 8:2 / /mnt/share/in rw - ext4 b rw",
    ];
    const host = hostOf({ mounts, links: { "/log": "/mnt/share/in/log" } }, ["/mnt/share"]);
    expect(fileSystemOf("/mnt/share/in/log", host)?.type).toBe("cifs");
    expect(fileSystemOf("/log/aod", host)?.type).toBe("cifs");
  });

  test("wakes no automount, and sees what is mounted on one", () => {
    const auto = "30 22 0:40 / /net rw - autofs systemd-1 rw";
    const host = hostOf({ mounts: [ROOT, auto, "31 30 8:2 / /net/disk rw - ext4 /dev/sdb rw"] }, [
      "/net/gone",
    ]);
    expect(fileSystemOf("/net/gone/aod", host)?.type).toBe("autofs");
    expect(fileSystemOf("/net/disk/aod", host)?.type).toBe("ext4");
  });

  test.each([
    ["nothing", ""],
    ["lines that are none", "\n \nx y z\n22 1 8:1 / / rw\n22 1 8:1 / / rw - ext4\n"],
    ["a circle of parents", "22 23 8:1 / /a rw - ext4 a rw\n23 22 8:1 / /a rw - ext4 a rw"],
  ])("says that it does not know from %s", (_, text) => {
    const host: MountHost = { readMountinfo: () => text, readLink: () => undefined };
    expect(fileSystemOf("/a/b", host)).toBeUndefined();
  });

  test("knows this host's /proc, a folder, and a link to it", () => {
    const folder = tempDir();
    mkdirSync(join(folder, "real"));
    symlinkSync(join(folder, "real"), join(folder, "link"));
    symlinkSync("/proc/self", join(folder, "proc"));
    expect(fileSystemOf("/proc/self/status")?.type).toBe("proc");
    expect(fileSystemOf(join(folder, "proc", "status"))?.type).toBe("proc");
    expect(fileSystemOf(join(folder, "link", "new"))).toEqual(fileSystemOf(folder));
  });
});

describe("remoteFileSystemOf", () => {
  const where = (type: string) => () => ({ type, mountPoint: "/mnt", source: "it" });

  test("is the file system of a path that may hang, and nothing of one that may not", () => {
    expect(remoteFileSystemOf("/mnt/x", where("nfs4"))).toEqual(where("nfs4")());
    expect(remoteFileSystemOf("/mnt/x", where("ext4"))).toBeUndefined();
    expect(remoteFileSystemOf("/mnt/x", () => undefined)).toBeUndefined();
  });
});

describe("isNetworkFileSystem", () => {
  test.each(
    "cifs smb3 smbfs nfs nfs4 9p ceph glusterfs lustre afs ncpfs ocfs2 gfs2 fuse fuseblk fuse.sshfs fuse.rclone autofs"
      .split(" ")
      .map((type) => [type]),
  )("%s is one", (type) => {
    expect(isNetworkFileSystem(type)).toBe(true);
  });

  test.each(
    "ext4 xfs btrfs zfs tmpfs overlay f2fs vfat squashfs proc fusectl nfsd fuse.fuse-overlayfs"
      .split(" ")
      .map((type) => [type]),
  )("%s is none", (type) => {
    expect(isNetworkFileSystem(type)).toBe(false);
  });
});
