// A bounded store for what a program prints: its first or its last bytes, and whether there were more. Pure.

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

  /** Something had to go. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Keeps the chunk itself: the caller must not write to it any more. */
  push(chunk: Uint8Array): void {
    const kept = this.#keep === "head" ? chunk.subarray(0, this.#maxBytes - this.#bytes) : chunk;
    if (kept.length < chunk.length) this.#overflowed = true;
    if (kept.length > 0) this.#chunks.push(kept);
    this.#bytes += kept.length;
    // Whole chunks only: what is over is less than one of them, and goes when somebody takes the bytes.
    for (let first = this.#chunks[0]; first !== undefined && this.#bytes - first.length >= this.#maxBytes; ) {
      this.#chunks.shift();
      this.#bytes -= first.length;
      this.#overflowed = true;
      first = this.#chunks[0];
    }
    if (this.#bytes > this.#maxBytes) this.#overflowed = true;
  }

  /** What was kept, at most `maxBytes`. */
  take(): Uint8Array {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - this.#maxBytes));
  }
}
