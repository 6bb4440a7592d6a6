// Compression. In: bytes in pieces; out: one zstd frame in pieces, with its size in the header and a checksum at the
// end. The only door to zstd-napi, of which only the binding is used: its own loader looks for a file beside itself,
// which a compiled program does not have, so the binding is loaded from memory like the other libraries.

import { readFileSync } from "node:fs";
import type * as Zstd from "zstd-napi/binding.js";
import bindingPath from "../../build/lib/zstd-napi.so" with { type: "file" };
import { libraryFile } from "../system/memory-file.ts";

/** zstd's own default: 22 ms for a requests.csv of 10 MB; level 6 takes three times as long to save a tenth. */
const LEVEL = 3;

let binding: typeof Zstd | undefined;

/**
 * The pieces, compressed. A piece that comes out is valid until the next one is asked for.
 * @param totalBytes what the pieces hold together, to the byte.
 */
export function* compress(pieces: Iterable<Uint8Array>, totalBytes: number): Generator<Uint8Array> {
  const zstd = loadOnce();
  const context = new zstd.CCtx();
  context.setParameter(zstd.CParameter.compressionLevel, LEVEL);
  context.setParameter(zstd.CParameter.checksumFlag, 1);
  context.setPledgedSrcSize(totalBytes);
  const out = new Uint8Array(zstd.cStreamOutSize());
  for (const piece of pieces) {
    for (let rest = piece; rest.length > 0; ) {
      const [, produced, consumed] = context.compressStream2(out, rest, zstd.EndDirective.continue);
      if (produced > 0) yield out.subarray(0, produced);
      rest = rest.subarray(consumed);
    }
  }
  const nothing = new Uint8Array(0);
  for (let remaining = 1; remaining > 0; ) {
    const [left, produced] = context.compressStream2(out, nothing, zstd.EndDirective.end);
    if (produced > 0) yield out.subarray(0, produced);
    remaining = left;
  }
}

/** The most that `totalBytes` can become. */
export function compressedBoundBytes(totalBytes: number): number {
  return loadOnce().compressBound(totalBytes);
}

function loadOnce(): typeof Zstd {
  binding ??= loadBinding();
  return binding;
}

function loadBinding(): typeof Zstd {
  const module = { exports: {} as typeof Zstd };
  process.dlopen(module, libraryFile("zstd-napi", readFileSync(bindingPath)));
  return module.exports;
}
