// The program that the kernel starts for cifs where it needs an id for a SID (mount option cifsacl): request-key(8),
// and behind it cifs.idmap(8), which asks a directory service. A task that waits for it is inside cifs and has no
// request in flight, and no signal ends its wait.

import { chmodSync, chownSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mountPoint } from "./mount.ts";
import { SHARE_FOLDERS } from "./server.ts";

/** The entry that names the program: request-key.conf(5). */
const ENTRY = "/etc/request-key.d/cifs.idmap.conf";
const WRAPPER = "/run/silent-idmap";
/** While this file is there the wrapper waits. */
const HELD = "/run/silent-idmap-held";
/** The kernel asks once a minute at most for the SID of one owner. */
let nextOwner = 5000;

/** cifs.idmap does not end while `work` runs, as it does not where the directory service is silent. */
export async function withSilentIdmap<T>(work: () => Promise<T>): Promise<T> {
  useWrapper();
  writeFileSync(HELD, "");
  try {
    return await work();
  } finally {
    rmSync(HELD);
  }
}

/** Makes files of an owner that was not looked up before. @returns their paths on the mount with access lists. */
export function makeFilesOfNewOwner(count: number): readonly string[] {
  const owner = nextOwner++;
  return Array.from({ length: count }, (_, index) => {
    const name = `of-${owner}-${index}`;
    const file = `${SHARE_FOLDERS.alpha}/${name}`;
    writeFileSync(file, "");
    chownSync(file, owner, owner);
    return `${mountPoint("cifsAcl")}/${name}`;
  });
}

/** Puts the wrapper in front of the program that Debian's entry names. */
function useWrapper(): void {
  if (existsSync(WRAPPER)) return;
  const entry = readFileSync(ENTRY, "utf8");
  const program = /^create\s+cifs\.idmap\s+\S+\s+\S+\s+(\S+)/m.exec(entry)?.[1];
  if (program === undefined) throw new Error(`${ENTRY} names no program: ${entry}`);
  writeFileSync(WRAPPER, `#!/bin/sh\nwhile [ -e ${HELD} ]; do sleep 0.1; done\nexec ${program} "$@"\n`);
  chmodSync(WRAPPER, 0o755);
  writeFileSync(ENTRY, entry.replace(program, WRAPPER));
}
