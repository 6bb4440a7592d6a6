// Tar archives as a stranger may write them: any path, type and size, with a right checksum. In: entries; out: bytes.

export interface RawEntry {
  /** Of bytes, one a character, as all fields. */
  readonly path: string;
  readonly type?: string;
  readonly prefix?: string;
  readonly link?: string;
  /** The field's text, in place of the content's size. */
  readonly size?: string;
  readonly magic?: string;
  readonly content?: string | Uint8Array;
}

/** Two blocks of zeros. */
export const TAR_END = Buffer.alloc(1024);

/** A header and its content, padded to whole blocks. */
export function rawEntry({
  path,
  type = "0",
  prefix = "",
  link = "",
  magic = "ustar\0" + "00",
  content = "",
  size,
}: RawEntry): Buffer {
  const bytes = Buffer.from(content);
  const head = Buffer.alloc(512);
  head.write(path, 0, 100, "latin1");
  head.write(size ?? `${bytes.length.toString(8).padStart(11, "0")}\0`, 124, 12, "latin1");
  head.write("        ", 148, "latin1");
  head.write(type, 156, "latin1");
  head.write(link, 157, 100, "latin1");
  head.write(magic, 257, 8, "latin1");
  head.write(prefix, 345, 155, "latin1");
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8, "latin1");
  return Buffer.concat([head, bytes], 512 * (1 + Math.ceil(bytes.length / 512)));
}

/** A whole archive. */
export function rawArchive(...entries: readonly RawEntry[]): Buffer {
  return Buffer.concat([...entries.map(rawEntry), TAR_END]);
}
