// Chooses the demo's folder for captures if the user names none. Every user may create any name in the folder for
// temporary files, so the demo's folder must belong to this user and be writable for no other. It follows no symbolic
// link and changes nothing that exists.

import { lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";

/** `aod-demo` in the parent, the same at each run; a new folder beside it if that name is taken by anything else. */
export function demoFolder(parent: string): string {
  const usual = join(parent, "aod-demo");
  return isOurs(usual) || isMade(usual) ? usual : mkdtempSync(`${usual}-`);
}

function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  return found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & 0o022) === 0;
}

/** Whether this call created the folder. */
function isMade(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
