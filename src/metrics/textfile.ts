// Writes the file that node_exporter reads: whole, under another name beside it, then renamed, so that no reader sees
// half of a file. It follows no symbolic link and writes to no network file system. Metrics are not secret, so the file
// is readable for all users.

import {
  closeSync,
  constants,
  fchmodSync,
  openSync,
  readlinkSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileSystemOf, remoteFileSystemOf } from "../system/mounts.ts";

const MODE = 0o644;

/** Why the operation failed, in words; undefined if it succeeded. */
type Refusal = string | undefined;

export function writeTextfile(path: string, text: string, whereIs = fileSystemOf): Refusal {
  return inFolderOf(path, whereIs, (name) => {
    // node_exporter reads only names that end in .prom.
    const unfinished = `${name}.tmp`;
    // A killed run leaves it behind, or an attacker made it a link to another file.
    remove(unfinished);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const fd = openSync(unfinished, flags, MODE);
    try {
      writeFileSync(fd, text);
      // The umask of the service is 0077.
      fchmodSync(fd, MODE);
      renameSync(unfinished, name);
    } catch (error) {
      remove(unfinished);
      throw error;
    } finally {
      closeSync(fd);
    }
  });
}

/** Removes the file when metrics end: node_exporter would serve old figures as if they were new. */
export function removeTextfile(path: string, whereIs = fileSystemOf): Refusal {
  return inFolderOf(path, whereIs, remove);
}

/** @param act gets a path through the open folder, so that renames along the original path have no effect. */
function inFolderOf(path: string, whereIs: typeof fileSystemOf, act: (name: string) => void): Refusal {
  const folder = dirname(path);
  let fd: number | undefined;
  try {
    const fileSystem = remoteFileSystemOf(folder, whereIs);
    if (fileSystem !== undefined) {
      return `${folder} is on ${fileSystem.type}: choose a local file system`;
    }
    fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const reached = readlinkSync(`/proc/self/fd/${fd}`);
    if (reached !== folder) return `${folder} leads through a symbolic link: use ${reached}`;
    act(join(`/proc/self/fd/${fd}`, basename(path)));
    return undefined;
  } catch (error) {
    return `${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
