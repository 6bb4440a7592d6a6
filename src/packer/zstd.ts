// Compresses pieces of bytes into one zstd frame, with the content size in its header and a checksum at its end. The
// only file that imports zstd-napi, and only its binding: its own loader looks for a file beside itself, which a
// compiled program does not have, so the binding is loaded from memory like the other libraries. On a host that forbids
// that, Bun's own zstd is used, which takes and gives everything in one piece.

import { readFileSync } from "node:fs";
import { constants, zstdCompressSync } from "node:zlib";
import type * as Zstd from "zstd-napi/binding.js";
import bindingPath from "../../build/lib/zstd-napi.so" with { type: "file" };
import { AodError } from "../model/failure.ts";
import { firstThatWorks } from "../system/fallback.ts";
import { libraryFile } from "../system/memory-file.ts";

/** zstd's default: 22 ms for a requests.csv of 10 MB. Level 6 takes three times as long to save a tenth. */
const LEVEL = 3;

export interface Compressor {
  /**
   * Compresses the pieces. Each result is valid until the next one is requested.
   * @param totalBytes the exact sum of the pieces' sizes.
   */
  compress(pieces: Iterable<Uint8Array>, totalBytes: number): Generator<Uint8Array, void, void>;
  /** The largest compressed size of `totalBytes`. */
  compressedBoundBytes(totalBytes: number): number;
}

let chosen: Compressor | undefined;

/** The compressor that works on this host. */
export function zstd(): Compressor {
  chosen ??= firstThatWorks({ "zstd-napi, from memory": makeFromBinding, "Bun's own": makeFromBun });
  return chosen;
}

/** Compresses in pieces. Throws if the binding can't be loaded. */
export function makeFromBinding(): Compressor {
  const binding = loadBinding();
  return {
    compressedBoundBytes: (totalBytes) => binding.compressBound(totalBytes),
    *compress(pieces, totalBytes) {
      const context = new binding.CCtx();
      context.setParameter(binding.CParameter.compressionLevel, LEVEL);
      context.setParameter(binding.CParameter.checksumFlag, 1);
      context.setPledgedSrcSize(totalBytes);
      const out = new Uint8Array(binding.cStreamOutSize());
      for (const piece of pieces) {
        for (let rest = piece; rest.length > 0; ) {
          const [, produced, consumed] = context.compressStream2(out, rest, binding.EndDirective.continue);
          if (produced > 0) yield out.subarray(0, produced);
          rest = rest.subarray(consumed);
        }
      }
      const nothing = new Uint8Array(0);
      for (let remaining = 1; remaining > 0; ) {
        const [left, produced] = context.compressStream2(out, nothing, binding.EndDirective.end);
        if (produced > 0) yield out.subarray(0, produced);
        remaining = left;
      }
    },
  };
}

/** Compresses in one piece, which needs twice the memory for a moment. */
export function makeFromBun(): Compressor {
  return {
    // ZSTD_COMPRESSBOUND, zstd.h.
    compressedBoundBytes: (totalBytes) =>
      totalBytes + (totalBytes >> 8) + Math.max(0, ((128 << 10) - totalBytes) >> 11),
    *compress(pieces, totalBytes) {
      const whole = Buffer.concat([...pieces]);
      if (whole.length !== totalBytes) throw new AodError("BUG", `${whole.length} bytes, not ${totalBytes}`);
      const { ZSTD_c_checksumFlag: checksum, ZSTD_c_compressionLevel: level } = constants;
      yield zstdCompressSync(whole, { params: { [checksum]: 1, [level]: LEVEL } });
    },
  };
}

// --- internal ---

function loadBinding(): typeof Zstd {
  const module = { exports: {} as typeof Zstd };
  process.dlopen(module, libraryFile("zstd-napi", readFileSync(bindingPath)));
  return module.exports;
}
