// Parses /proc/self/mountinfo: text in, mounts out. Pure; format: proc_pid_mountinfo(5). Malformed lines are skipped,
// the list is bounded, nothing throws: mount points and sources may hold any bytes.

export interface Mount {
  readonly mountId: number;
  readonly parentId: number;
  /** The mounted part of the file system. */
  readonly root: string;
  readonly mountPoint: string;
  /** The type of the file system, as the kernel names it: ext4, cifs, fuse.sshfs. */
  readonly type: string;
  /** For cifs `//server/share[/path]`. */
  readonly source: string;
  /** Options of the mount, then those of the file system: "rw,relatime". */
  readonly options: readonly string[];
  readonly superOptions: readonly string[];
}

export const MOUNTS_MAX = 65_536;

/** In the order of the file: a later mount covers an earlier one on the same point. */
export function parseMountInfo(text: string): readonly Mount[] {
  const mounts: Mount[] = [];
  for (let begin = 0; begin < text.length && mounts.length < MOUNTS_MAX; ) {
    const newline = text.indexOf("\n", begin);
    const end = newline === -1 ? text.length : newline;
    const mount = parseLine(text.slice(begin, end));
    if (mount !== undefined) mounts.push(mount);
    begin = end + 1;
  }
  return mounts;
}

function parseLine(line: string): Mount | undefined {
  const fields = line.split(" ");
  // Optional fields, any number of them, end with a dash of its own.
  const dash = fields.indexOf("-", 6);
  const [mountId, parentId, , root, mountPoint, options] = fields;
  const [type, source, superOptions] = dash === -1 ? [] : fields.slice(dash + 1);
  if (!isNumber(mountId) || !isNumber(parentId)) return undefined;
  if (root === undefined || mountPoint === undefined || options === undefined) return undefined;
  if (type === undefined || source === undefined) return undefined;
  return {
    mountId: Number(mountId),
    parentId: Number(parentId),
    root: unescaped(root),
    mountPoint: unescaped(mountPoint),
    type: unescaped(type),
    source: unescaped(source),
    options: options.split(","),
    superOptions: (superOptions ?? "").split(",").map(unescaped),
  };
}

function isNumber(field: string | undefined): boolean {
  return field !== undefined && /^\d{1,10}$/.test(field);
}

/** fs/proc_namespace.c:mangle writes space, tab, newline, backslash and "#" as three octal digits. */
function unescaped(field: string): string {
  return field.replaceAll(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
