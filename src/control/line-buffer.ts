// Splits the bytes of a connection into lines of UTF-8, without their newlines. Bounded: a line that is too long ends
// the connection. Pure.

export class LineBuffer {
  readonly #mostBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** @param mostBytes of a line. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The lines that are complete now; undefined if a line is too long. */
  add(bytes: Uint8Array): readonly string[] | undefined {
    const lines: string[] = [];
    let rest = bytes;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      if (this.#bytes + end > this.#mostBytes) return undefined;
      this.#pieces.push(rest.subarray(0, end));
      lines.push(Buffer.concat(this.#pieces).toString("utf8"));
      this.#pieces.length = 0;
      this.#bytes = 0;
      rest = rest.subarray(end + 1);
    }
    if (this.#bytes + rest.length > this.#mostBytes) return undefined;
    // The bytes may be the socket's own, for the time of the call.
    if (rest.length > 0) this.#pieces.push(Uint8Array.from(rest));
    this.#bytes += rest.length;
    return lines;
  }
}
