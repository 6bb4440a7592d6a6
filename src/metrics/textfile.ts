// The file that node_exporter reads: written whole under another name beside it, then renamed, so that nobody ever reads
// half of one. In: its path and a text; out: why it could not be written, as a value. It follows no symbolic link and touches no
// network file system; metrics are no secret, so everybody may read them.

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

/** Why it could not be done, in words; undefined where it was. */
type Refusal = string | undefined;

export function writeTextfile(path: string, text: string, whereIs = fileSystemOf): Refusal {
  return inFolderOf(path, whereIs, (name) => {
    // node_exporter reads names that end in .prom only.
    const unfinished = `${name}.tmp`;
    // Of a run that was killed; or somebody's, who would have us write elsewhere.
    remove(unfinished);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const fd = openSync(unfinished, flags, MODE);
    try {
      writeFileSync(fd, text);
      // Whatever the umask is, which is a service's 0077.
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

/** Without aod there are no figures: old ones would be taken for new. */
export function removeTextfile(path: string, whereIs = fileSystemOf): Refusal {
  return inFolderOf(path, whereIs, remove);
}

/** @param act gets the file's path by way of the folder that is open: what is renamed or replaced on the way is no matter. */
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
    if (reached !== folder) return `${folder} is a symbolic link's way to ${reached}: name that`;
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
