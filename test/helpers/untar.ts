// Reads a tar archive for tests, independently of the code that they test.

export interface Untarred {
  readonly path: string;
  readonly mode: number;
  readonly isFolder: boolean;
  readonly mtimeSec: number;
  readonly text: string;
}

/** The entries in the archive's order; throws on a wrong checksum, magic or length. */
export function untar(archive: Uint8Array): readonly Untarred[] {
  const entries: Untarred[] = [];
  if (archive.length % 512 !== 0) throw new Error(`${archive.length} bytes are no whole blocks`);
  for (let at = 0; ; ) {
    const block = archive.subarray(at, at + 512);
    if (block.every((byte) => byte === 0)) {
      if (archive.length - at !== 1024 || archive.subarray(at).some((byte) => byte !== 0))
        throw new Error("no end");
      return entries;
    }
    const field = (from: number, length: number) =>
      String.fromCharCode(...block.subarray(from, from + length)).split("\0")[0] ?? "";
    const octal = (from: number, length: number) => Number.parseInt(field(from, length), 8);
    const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    if (octal(148, 8) !== sum) throw new Error(`checksum of the header at ${at}`);
    if (field(257, 6) !== "ustar") throw new Error(`magic of the header at ${at}`);
    const bytes = octal(124, 12);
    const prefix = field(345, 155);
    entries.push({
      path: (prefix === "" ? "" : `${prefix}/`) + field(0, 100),
      mode: octal(100, 8),
      isFolder: field(156, 1) === "5",
      mtimeSec: octal(136, 12),
      text: Buffer.from(archive.subarray(at + 512, at + 512 + bytes)).toString("utf8"),
    });
    at += 512 + Math.ceil(bytes / 512) * 512;
  }
}
