// The demo's folder for captures, where the user names none. In: the folder for temporary files, where every user may make anything
// under any name; out: a folder that this user owns and no other may write in. Follows no symbolic link, and changes nothing that it finds.

import { lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";

/** `aod-demo` below the parent, the same at each run; a new one beside it where that name is taken by anything else. */
export function demoFolder(parent: string): string {
  const usual = join(parent, "aod-demo");
  return isOurs(usual) || isMade(usual) ? usual : mkdtempSync(`${usual}-`);
}

function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  return found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & 0o022) === 0;
}

/** Made by this call: not found, not followed. */
function isMade(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
