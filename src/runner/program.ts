// Where the programs that actions run are looked for: a fixed list of folders, whatever PATH the daemon was started
// with. Finds them; runs nothing.

import { accessSync, constants } from "node:fs";

const FOLDERS = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"] as const;

/** The PATH of children. */
export const SEARCH_PATH: string = FOLDERS.join(":");

/** The absolute path of a program; undefined where no folder of SEARCH_PATH has it, or where the path leads to none. */
export function findProgram(name: string): string | undefined {
  if (name.startsWith("/")) return isExecutable(name) ? name : undefined;
  return FOLDERS.map((folder) => `${folder}/${name}`).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there or not for us: either way it cannot be run.
    return false;
  }
}
