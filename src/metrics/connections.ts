// Bounds the connections to the metrics port, so that strangers take few file descriptors. It gets every change of a
// connection with the time and closes sockets that it was given; otherwise it is pure. A full table closes its longest
// silent connection and accepts the new one: a monitoring system, which sends its request at once, is answered while a
// thousand silent connections come and go.

/** Connections of all addresses together. */
export const SCRAPERS_MAX = 32;
/** Connections of one address. */
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
  /** Ordered by the time in the present state, longest first. */
  readonly #held = new Map<Socket, Held>();
  readonly #refused: () => void;

  /** @param refused called for each connection that is closed early. */
  constructor(refused: () => void) {
    this.#refused = refused;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Number of connections that are being answered. */
  get answering(): number {
    return this.#of(({ isAnswering }) => isAnswering).length;
  }

  opened(socket: Socket, address: string, nowMs: number): void {
    this.#held.set(socket, { address, sinceMs: nowMs, isAnswering: false });
    const isOfSame = (held: Held) => held.address === address;
    if (this.#of(isOfSame).length > CONNECTIONS_OF_ONE_MAX) this.#displace(isOfSame);
    else if (this.#held.size > SCRAPERS_MAX) this.#displace(() => true);
  }

  /** The request of a connection has arrived: the connection is not displaced until it is answered. */
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

  /** Closes all connections. */
  closeAll(): void {
    for (const socket of [...this.#held.keys()]) socket.destroy();
    this.#held.clear();
  }

  // --- internal ---

  /** If all others are being answered, the new connection itself is the longest silent one. */
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
    // Deleted first: a connection whose state changes moves to the end.
    this.#held.delete(socket);
    this.#held.set(socket, { ...held, sinceMs: nowMs, isAnswering });
  }

  #of(isMeant: (held: Held) => boolean): Socket[] {
    return [...this.#held].filter(([, held]) => isMeant(held)).map(([socket]) => socket);
  }
}
