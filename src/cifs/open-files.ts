// /proc/fs/cifs/open_files: text in, one entry for each open file out. Pure. Unknown lines are passed over, nothing throws.
//
// Format: cifs_debug.c:cifs_debug_files_proc_show, `<tree id> <ses id> <persistent fid> <flags> <count> <pid> <uid>
// <filename>`, all but count, pid and uid in hexadecimal; the head says so. Older kernels print no session id.
// What follows the name (message id, lease) stays with it: a name may hold spaces.

export interface OpenFile {
  readonly treeId: number;
  /** Undefined where the kernel does not say it. */
  readonly sessionId: bigint | undefined;
  readonly fileId: string;
  /** Of open(2), in hexadecimal. */
  readonly flags: string;
  readonly count: number;
  /** Who opened it. */
  readonly pid: number;
  readonly uid: number;
  /** Without its folder. */
  readonly name: string;
}

const LINE =
  /^0x([0-9a-f]{1,8}) (?:0x([0-9a-f]{1,16}) )?(0x[0-9a-f]{1,16}) (0x[0-9a-f]{1,8}) (-?\d+) (\d+) (\d+) (.*)$/;

export function parseOpenFiles(text: string): readonly OpenFile[] {
  return text.split("\n").flatMap((line) => {
    const [, tree, session, fileId = "", flags = "", count, pid, uid, name = ""] = LINE.exec(line) ?? [];
    if (tree === undefined) return [];
    const sessionId = session === undefined ? undefined : BigInt(`0x${session}`);
    const treeId = Number.parseInt(tree, 16);
    return [
      { treeId, sessionId, fileId, flags, count: Number(count), pid: Number(pid), uid: Number(uid), name },
    ];
  });
}
