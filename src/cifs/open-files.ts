// Parses /proc/fs/cifs/open_files into one entry for each open file. Pure. Unknown lines are skipped, and nothing
// throws.
//
// Format: cifs_debug.c:cifs_debug_files_proc_show, `<tree id> <ses id> <persistent fid> <flags> <count> <pid> <uid>
// <filename>`, all but count, pid and uid in hexadecimal; the first lines name the columns. Older kernels print no
// session id. With CONFIG_CIFS_DEBUG2 the message id follows the name; in 7.2 the lease and then its key do. A name may
// contain spaces and line feeds, so any user who can create files can forge lines; count, pid and uid may be negative
// (%d).

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** A column after the name: the letters of a lease or NONE, a key or a dash, a number. */
const COLUMN = /^(?:[RHW]{1,3}|NONE|-|\d{1,20}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** Linux's NAME_MAX is 255 bytes, so a name never has more characters. */
const NAME_MAX = 255;

export interface OpenFile {
  readonly treeId: number;
  /** Undefined if the kernel does not print it. */
  readonly sessionId: bigint | undefined;
  readonly fileId: string;
  /** The flags of open(2), in hexadecimal. */
  readonly flags: string;
  readonly count: number;
  /** The process that opened it. */
  readonly pid: number;
  readonly uid: number;
  /** Without its folder. */
  readonly name: string;
}

const LINE =
  /^0x([0-9a-f]{1,8}) (?:0x([0-9a-f]{1,16}) )?(0x[0-9a-f]{1,16}) (0x[0-9a-f]{1,8}) (-?\d+) (-?\d+) (-?\d+) (.*)$/;

export function parseOpenFiles(text: string): readonly OpenFile[] {
  const columns = /^# (<tree id>.*)$/m.exec(text)?.[1] ?? "";
  const [, behind = ""] = columns.split("<filename>");
  const behindName = behind.split("<").length - 1;
  const files: Mutable<OpenFile>[] = [];
  for (const line of text.split("\n")) {
    const [, tree, session, fileId = "", flags = "", count, pid, uid, name = ""] = LINE.exec(line) ?? [];
    if (tree === undefined) {
      appendToName(files, line, behindName);
      continue;
    }
    files.push({
      treeId: Number.parseInt(tree, 16),
      sessionId: session === undefined ? undefined : BigInt(`0x${session}`),
      fileId,
      flags,
      count: Number(count),
      pid: Number(pid),
      uid: Number(uid),
      name: withoutColumns(name, behindName),
    });
  }
  return files;
}

// --- internal ---

/** The kernel does not escape line feeds in names: a line in another format continues the name before it. */
function appendToName(files: Mutable<OpenFile>[], line: string, behindName: number): void {
  const last = files.at(-1);
  if (last === undefined || line === "" || line.length + last.name.length > NAME_MAX) return;
  last.name = `${last.name}\n${withoutColumns(line, behindName)}`;
}

/**
 * Removes the columns after a name, which contain no blanks: lease, lease key, message id. A name that continues on the
 * next line has none yet.
 */
function withoutColumns(name: string, behindName: number): string {
  const parts = name.split(" ");
  const columns = behindName === 0 ? [] : parts.slice(-behindName);
  const isThere = parts.length > behindName && columns.every((column) => COLUMN.test(column));
  return isThere ? parts.slice(0, parts.length - behindName).join(" ") : name;
}
