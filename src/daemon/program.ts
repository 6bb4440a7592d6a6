// Whether a program that the configuration names can be run, or why not. A path on a network file system is not
// touched: that could hang.

import { accessSync, constants, statSync } from "node:fs";
import { fileSystemOf, remoteFileSystemOf } from "../system/mounts.ts";

/** Undefined for a program that can be run. */
export function whyNotRunnable(
  path: string,
  whereIs: typeof fileSystemOf = fileSystemOf,
): string | undefined {
  const fileSystem = remoteFileSystemOf(path, whereIs);
  if (fileSystem !== undefined) {
    return `${path} is on ${fileSystem.type}, which may hang: it will not be run`;
  }
  try {
    if (!statSync(path).isFile()) return `${path} is not a file`;
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? `${path} does not exist` : `${path} can't be run: ${code}`;
  }
}
