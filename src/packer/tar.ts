// Makes a tar archive, POSIX ustar, of entries in memory; the same entries give the same bytes. Every file has mode
// 0600, every folder 0700, owner root and the same time. Writes nothing. Source of the layout: POSIX.1-2017, pax,
// "ustar Interchange Format".

const BLOCK_BYTES = 512;

/** A file of the archive; the entries of its folders are made from its path. */
export interface TarEntry {
  /** Path below the archive's one folder: at most 100 bytes of ASCII. */
  readonly path: string;
  readonly chunks: readonly Uint8Array[];
}

export interface TarFolder {
  /** Name of the one folder that holds all entries: at most 155 bytes of ASCII. */
  readonly name: string;
  readonly epochMs: number;
  readonly entries: readonly TarEntry[];
}

/** The archive's bytes in pieces of any size; chunks of entries are passed on without a copy. */
export function* tarChunks({ name, epochMs, entries }: TarFolder): Generator<Uint8Array> {
  const mtimeSec = Math.floor(epochMs / 1000);
  const folders = new Set<string>();
  yield header({ prefix: "", path: `${name}/`, bytes: 0, mtimeSec });
  for (const { path, chunks } of entries) {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    if (folder !== "" && !folders.has(folder)) {
      folders.add(folder);
      yield header({ prefix: name, path: folder, bytes: 0, mtimeSec });
    }
    const bytes = totalBytes(chunks);
    yield header({ prefix: name, path, bytes, mtimeSec });
    yield* chunks;
    yield new Uint8Array(paddingBytes(bytes));
  }
  yield new Uint8Array(2 * BLOCK_BYTES);
}

/** The sum of the chunks' sizes. */
export function totalBytes(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

interface Header {
  readonly prefix: string;
  /** Ends in a slash for a folder. */
  readonly path: string;
  readonly bytes: number;
  readonly mtimeSec: number;
}

function header({ prefix, path, bytes, mtimeSec }: Header): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const isFolder = path.endsWith("/");
  put(block, 0, 100, path);
  putOctal(block, 100, 8, isFolder ? 0o700 : 0o600);
  putOctal(block, 108, 8, 0);
  putOctal(block, 116, 8, 0);
  putOctal(block, 124, 12, bytes);
  putOctal(block, 136, 12, mtimeSec);
  put(block, 148, 8, "        ");
  put(block, 156, 1, isFolder ? "5" : "0");
  put(block, 257, 8, "ustar\x0000");
  put(block, 265, 32, "root");
  put(block, 297, 32, "root");
  put(block, 345, 155, prefix);
  // The checksum is over the whole block, with its own field as spaces; six digits, NUL, space.
  putOctal(
    block,
    148,
    7,
    block.reduce((sum, byte) => sum + byte, 0),
  );
  return block;
}

function put(block: Uint8Array, at: number, length: number, text: string): void {
  const { read } = new TextEncoder().encodeInto(text, block.subarray(at, at + length));
  if (read !== text.length)
    throw new RangeError(`tar: ${JSON.stringify(text)} is longer than ${length} bytes`);
}

/** Octal digits, padded with zeros, and a NUL. */
function putOctal(block: Uint8Array, at: number, length: number, value: number): void {
  put(block, at, length, `${value.toString(8).padStart(length - 1, "0")}\0`);
}

function paddingBytes(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}
