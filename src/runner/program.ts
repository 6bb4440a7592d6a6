// Finds the programs of actions in a fixed list of folders, whatever PATH the daemon was started with. Runs nothing.

import { accessSync, constants } from "node:fs";

const FOLDERS = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"] as const;

/** The PATH of children. */
export const SEARCH_PATH: string = FOLDERS.join(":");

/**
 * The absolute path of a program; undefined if no folder of SEARCH_PATH has it, or if the given path is not executable.
 */
export function findProgram(name: string): string | undefined {
  if (name.startsWith("/")) return isExecutable(name) ? name : undefined;
  return FOLDERS.map((folder) => `${folder}/${name}`).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // It does not exist, or aod may not run it.
    return false;
  }
}
