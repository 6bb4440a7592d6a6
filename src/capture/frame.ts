// Reads the extent of a zstd frame and its declared content size from the headers alone, before anything is
// decompressed. Pure.
//
// Why: the decompressor of Node's API silently accepts bytes behind the frame, and a frame that is cut short.
// Source of the layout: RFC 8878, 3.1.1.

import { damaged } from "./damage.ts";

export interface Frame {
  /** Size of the frame, its checksum included. */
  readonly bytes: number;
  /** The size of the content as the header declares it; undefined if it declares none. */
  readonly contentBytes: number | undefined;
}

const MAGIC = 0xfd2f_b528;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
/** A block of one repeated byte holds only that byte, whatever its size field says. */
const REPEATED = 1;
const RESERVED = 3;

/** Throws CAPTURE_DAMAGED unless the bytes begin with a whole frame. */
export function readFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (end: number) => {
    if (end > bytes.length) throw damaged("it is cut short");
  };
  need(5);
  if (view.getUint32(0, true) !== MAGIC) throw damaged("it is not compressed with zstd");
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  need(sizeAt + sizeBytes);
  const contentBytes = readSize(view, sizeAt, sizeBytes);

  let at = sizeAt + sizeBytes;
  for (let isLast = false; !isLast; ) {
    need(at + BLOCK_HEADER_BYTES);
    const header = view.getUint8(at) | (view.getUint8(at + 1) << 8) | (view.getUint8(at + 2) << 16);
    const type = (header >> 1) & 3;
    if (type === RESERVED) throw damaged("a block has an unknown type");
    isLast = (header & 1) === 1;
    at += BLOCK_HEADER_BYTES + (type === REPEATED ? 1 : header >> 3);
    need(at);
  }
  if ((descriptor & 4) !== 0) at += CHECKSUM_BYTES;
  need(at);
  return { bytes: at, contentBytes };
}

// --- internal ---

function readSize(view: DataView, at: number, sizeBytes: number): number | undefined {
  switch (sizeBytes) {
    case 0:
      return undefined;
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}
