// The folder of the captures: a path that means this folder until it is closed, even if something beside it is renamed
// or replaced. For a writer it is made if it is missing and safe to make; no capture is read or written here.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AodError } from "../model/failure.ts";
import { remoteFileSystemOf } from "./mounts.ts";

/** The captures' folder below the output folder. */
export const BATCHES = "batches";

const STICKY = 0o1000;
const HINTS: Readonly<Record<string, string>> = {
  ENOTDIR: " (a file or a symbolic link where a folder belongs)",
};

export interface BatchesFolder {
  readonly fd: number;
  /** /proc/self/fd/N: files in it are reached relative to the open folder, as openat(2) does; valid until `close`. */
  readonly path: string;
  /** Whether the output folder's `batches/` is still this folder. */
  isInPlace(): boolean;
  close(): void;
}

/**
 * Opens `batches/` below the output folder and makes both if they are missing, for their owner only. Each capture and
 * each sweep opens it for itself, because the folder may be removed or replaced while aod runs. Throws OUTPUT_UNUSABLE
 * if that fails, if a network file system is mounted there, if a symbolic link leads elsewhere, or if another user
 * could replace captures.
 * @param outputDir without symbolic links: claimOutputFolder has resolved them at the start, and none is followed
 * later.
 */
export function openBatchesFolder(outputDir: string): BatchesFolder {
  const folder = join(outputDir, BATCHES);
  try {
    // Checked before it is touched, which could hang for as long as the server does.
    requireLocal(folder);
    requireNoLink(nearestExisting(outputDir));
    mkdirSync(outputDir, { recursive: true, mode: 0o700 });
    requireNoLink(outputDir);
    requireOnlyOurs(outputDir);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const path = `/proc/self/fd/${fd}`;
    try {
      requireOurs(fd, folder);
      accessSync(path, constants.W_OK);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return opened(fd, folder);
  } catch (error) {
    if (error instanceof AodError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const hint =
      code === "EACCES" && process.geteuid?.() !== 0 ? " (only root can: sudo aod run)" : (HINTS[code] ?? "");
    throw new AodError("OUTPUT_UNUSABLE", `open ${folder}: ${code}${hint}`, { folder }, error);
  }
}

/**
 * Opens it for readers: nothing is made or changed. Undefined if the output folder exists and has no `batches/` yet.
 * Throws what open(2) throws: ENOENT, EACCES, ENOTDIR and ELOOP for a file or a symbolic link in its place.
 */
export function openBatchesToRead(outputDir: string): BatchesFolder | undefined {
  closeSync(openSync(join(outputDir, "."), constants.O_RDONLY | constants.O_DIRECTORY));
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  try {
    const folder = join(outputDir, BATCHES);
    return opened(openSync(folder, flags), folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function requireLocal(folder: string): void {
  const fileSystem = remoteFileSystemOf(folder);
  if (fileSystem === undefined) return;
  const where = `${fileSystem.type}, mounted at ${fileSystem.mountPoint}`;
  throw new AodError("OUTPUT_UNUSABLE", `${folder} is on ${where}: captures need a local file system`, {
    folder,
  });
}

function requireNoLink(path: string): void {
  const reached = realpathSync(path);
  if (reached === path) return;
  throw new AodError(
    "OUTPUT_UNUSABLE",
    `${path} is or contains a symbolic link since aod was started: it leads to ${reached}`,
    {
      path,
    },
  );
}

/** Readers may have access to the output folder itself; a user who may write in it could replace its content. */
function requireOnlyOurs(outputDir: string): void {
  const { uid, mode } = statSync(outputDir);
  if (uid !== 0 && uid !== process.geteuid?.()) throw othersFolder(outputDir, uid);
  const isOpen = (mode & 0o002) !== 0 && (mode & STICKY) === 0;
  if (isOpen)
    throw new AodError(
      "OUTPUT_UNUSABLE",
      `every user may replace what is in ${outputDir} (chmod o-w ${outputDir})`,
      {
        folder: outputDir,
      },
    );
}

function othersFolder(folder: string, uid: number): AodError {
  return new AodError("OUTPUT_UNUSABLE", `${folder} belongs to user ${uid}, who could replace captures`, {
    folder,
    uid,
  });
}

function nearestExisting(path: string): string {
  return path === "/" || existsSync(path) ? path : nearestExisting(dirname(path));
}

function requireOurs(fd: number, folder: string): void {
  const { uid, mode } = fstatSync(fd);
  if (uid !== 0 && uid !== process.geteuid?.()) throw othersFolder(folder, uid);
  // Captures name files, users and servers, so only their owner may read them, also in a folder that existed before.
  if ((mode & 0o077) !== 0) fchmodSync(fd, 0o700);
}

function opened(fd: number, folder: string): BatchesFolder {
  let isOpen = true;
  return {
    fd,
    path: `/proc/self/fd/${fd}`,
    isInPlace() {
      const [now, its] = [lstatSync(folder, { throwIfNoEntry: false }), fstatSync(fd)];
      return now !== undefined && now.dev === its.dev && now.ino === its.ino;
    },
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}
