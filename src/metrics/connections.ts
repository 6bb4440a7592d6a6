// The connections to the metrics port, bounded so that strangers take few file descriptors. In: connections as they open, send a
// request, are answered and close, and the time; out: the ones to close. Pure but for closing the sockets that it was handed.
// A full table closes its longest silent connection and accepts the new one: a monitoring system, which sends its request at once, is
// answered while a thousand silent connections come and go.

/** Of all addresses together, and of one. */
export const SCRAPERS_MAX = 32;
export const CONNECTIONS_OF_ONE_MAX = 8;
/** A connection without a request for this time is closed. */
export const SILENT_MAX_MS = 10_000;
/** A connection that takes longer to receive its answer is closed too. */
export const ANSWER_MAX_MS = 30_000;

/** The part of a socket that is used. */
export interface Closable {
  destroy(): void;
}

interface Held {
  readonly address: string;
  readonly sinceMs: number;
  readonly isAnswering: boolean;
}

export class Connections<Socket extends Closable> {
  /** The longest in its state first. */
  readonly #held = new Map<Socket, Held>();
  readonly #refused: () => void;

  /** @param refused called for each connection that is closed before its time. */
  constructor(refused: () => void) {
    this.#refused = refused;
  }

  get size(): number {
    return this.#held.size;
  }

  /** How many are being answered. */
  get answering(): number {
    return this.#of(({ isAnswering }) => isAnswering).length;
  }

  opened(socket: Socket, address: string, nowMs: number): void {
    this.#held.set(socket, { address, sinceMs: nowMs, isAnswering: false });
    const isOfSame = (held: Held) => held.address === address;
    if (this.#of(isOfSame).length > CONNECTIONS_OF_ONE_MAX) this.#displace(isOfSame);
    else if (this.#held.size > SCRAPERS_MAX) this.#displace(() => true);
  }

  /** Its request has arrived: the connection keeps its place until it is answered. */
  asked(socket: Socket, nowMs: number): void {
    this.#change(socket, nowMs, true);
  }

  answered(socket: Socket, nowMs: number): void {
    this.#change(socket, nowMs, false);
  }

  closed(socket: Socket): void {
    this.#held.delete(socket);
  }

  /** Closes those that have been silent, or have not taken their answer, for too long. */
  expire(nowMs: number): void {
    const isOver = ({ sinceMs, isAnswering }: Held) =>
      nowMs - sinceMs >= (isAnswering ? ANSWER_MAX_MS : SILENT_MAX_MS);
    for (const socket of this.#of(isOver)) this.#refuse(socket);
  }

  /** Ends all of them. */
  closeAll(): void {
    for (const socket of [...this.#held.keys()]) socket.destroy();
    this.#held.clear();
  }

  // --- internal ---

  /** Where all others are being answered, the new connection itself is the longest silent one. */
  #displace(isMeant: (held: Held) => boolean): void {
    const [silent] = this.#of((held) => isMeant(held) && !held.isAnswering);
    if (silent !== undefined) this.#refuse(silent);
  }

  #refuse(socket: Socket): void {
    this.#held.delete(socket);
    this.#refused();
    socket.destroy();
  }

  #change(socket: Socket, nowMs: number, isAnswering: boolean): void {
    const held = this.#held.get(socket);
    if (held === undefined) return;
    // A changed one is the newest of its kind.
    this.#held.delete(socket);
    this.#held.set(socket, { ...held, sinceMs: nowMs, isAnswering });
  }

  #of(isMeant: (held: Held) => boolean): Socket[] {
    return [...this.#held].filter(([, held]) => isMeant(held)).map(([socket]) => socket);
  }
}
