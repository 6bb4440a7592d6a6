// A bounded buffer for a program's output: the first or the last bytes, and whether there were more. Pure.

/** `head` keeps the first bytes, `tail` the last. */
export type Keep = "head" | "tail";

export class CappedBuffer {
  readonly #maxBytes: number;
  readonly #keep: Keep;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #overflowed = false;

  constructor(maxBytes: number, keep: Keep) {
    this.#maxBytes = maxBytes;
    this.#keep = keep;
  }

  /** Some bytes were dropped, or will be by `take`. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Keeps the chunk itself: the caller must not write to it any more. */
  push(chunk: Uint8Array): void {
    const kept = this.#keep === "head" ? chunk.subarray(0, this.#maxBytes - this.#bytes) : chunk;
    if (kept.length < chunk.length) this.#overflowed = true;
    if (kept.length > 0) this.#chunks.push(kept);
    this.#bytes += kept.length;
    // Only whole chunks are dropped here. The excess that remains is less than one chunk; `take` drops it.
    for (let first = this.#chunks[0]; first !== undefined && this.#bytes - first.length >= this.#maxBytes; ) {
      this.#chunks.shift();
      this.#bytes -= first.length;
      this.#overflowed = true;
      first = this.#chunks[0];
    }
    if (this.#bytes > this.#maxBytes) this.#overflowed = true;
  }

  /** The bytes that were kept, at most `maxBytes`. */
  take(): Uint8Array {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - this.#maxBytes));
  }
}
