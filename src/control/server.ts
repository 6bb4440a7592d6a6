// The control socket, through which commands ask the daemon and have it do things: a socket of mode 0600 in a folder of
// mode 0700. It serves root and the daemon's own user only, which it takes from the peer credentials of the kernel.

import { chmodSync, fstatSync, lstatSync, mkdirSync, type Stats, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { countRefusal } from "../model/refusals.ts";
import type { TroubleFinding } from "../model/trouble.ts";
import { type LockResult, takeLock } from "../system/lock.ts";
import { readPeer } from "../system/peer.ts";
import type { DaemonApi } from "./answers.ts";
import { ControlConnection } from "./connection.ts";

export interface ControlServer {
  /** Connections at this moment. */
  readonly connections: number;
  /**
   * Checks that the socket and its lock are still in their place, and creates them again if they are missing. Clients
   * stay connected. Never throws. @returns undefined if both were in place; otherwise the trouble.
   */
  check(): TroubleFinding | undefined;
  /** Ends every connection and removes the socket. Idempotent. */
  close(): void;
}

/** Another daemon serves it. `holderPid` is undefined if that daemon has not written its pid. */
export interface SocketTaken {
  readonly taken: true;
  readonly holderPid: number | undefined;
}

export const CONNECTIONS_MAX = 16;
/**
 * As many more connections get the reason for their refusal. Further ones are closed at once, since each takes a
 * descriptor.
 */
const REFUSED_MAX = 16;

/**
 * Opens the socket. Throws the error of the file system if that fails.
 *
 * The lock beside the socket says which daemon owns it: only the holder of the lock replaces a socket that a dead
 * daemon has left.
 */
export function openControlServer(path: string, api: DaemonApi): ControlServer | SocketTaken {
  const lock = takeLockBeside(path);
  if (!lock.locked) return { taken: true, holderPid: lock.holderPid };
  try {
    return new OpenServer(path, lock, api);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

// --- internal ---

type Lock = Extract<LockResult, { locked: true }>;

class OpenServer implements ControlServer {
  readonly #path: string;
  readonly #api: DaemonApi;
  readonly #count = { open: 0 };
  #lock: Lock;
  #listening: Listening;
  #isOpen = true;

  constructor(path: string, lock: Lock, api: DaemonApi) {
    this.#path = path;
    this.#api = api;
    this.#lock = lock;
    this.#listening = listen(path, api, this.#count);
  }

  get connections(): number {
    return this.#count.open;
  }

  check(): TroubleFinding | undefined {
    try {
      const isSocket = isStill(this.#path, this.#listening.socket);
      const isLocked = isStill(`${this.#path}.lock`, fstatSync(this.#lock.fd));
      if (isSocket && isLocked) return undefined;
      if (!isLocked) {
        const lock = takeLockBeside(this.#path);
        if (!lock.locked)
          return { text: `another aod has taken ${this.#path} (pid ${lock.holderPid})`, isRepaired: false };
        this.#lock.release();
        this.#lock = lock;
      }
      if (!isSocket) {
        this.#listening.stop(false);
        this.#listening = listen(this.#path, this.#api, this.#count);
      }
      return {
        text: `${this.#path} was removed or replaced while aod ran, and was created again`,
        isRepaired: true,
      };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      return {
        text: `no command can reach this aod: cannot create ${this.#path} again: ${code}`,
        isRepaired: false,
      };
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#listening.stop(true);
    remove(this.#path);
    this.#lock.release();
  }
}

function takeLockBeside(path: string): LockResult {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return takeLock(`${path}.lock`);
}

function isStill(path: string, { dev, ino }: Stats): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.dev === dev && found.ino === ino;
}

interface Listening {
  /** The file of the socket, as it was created. */
  readonly socket: Stats;
  /** @param isHard ends connections as well. */
  readonly stop: (isHard: boolean) => void;
}

/** @param count of connections, including those of an earlier socket of this server. */
function listen(path: string, api: DaemonApi, count: { open: number }): Listening {
  const connections = new WeakMap<object, ControlConnection>();
  const of = (socket: object) => connections.get(socket);
  remove(path);
  const listener = Bun.listen({
    unix: path,
    // A client may close its sending half after the question.
    allowHalfOpen: true,
    socket: {
      open(socket) {
        count.open++;
        if (count.open > CONNECTIONS_MAX) countRefusal("control_connections");
        if (count.open > CONNECTIONS_MAX + REFUSED_MAX) {
          socket.terminate();
          return;
        }
        const connection = new ControlConnection(socket, api);
        connections.set(socket, connection);
        const refusal = whyNot((socket as unknown as { readonly fd: number }).fd);
        if (refusal !== undefined) connection.refuse("NOT_PERMITTED", refusal);
        else if (count.open > CONNECTIONS_MAX)
          connection.refuse("BUSY", `${CONNECTIONS_MAX} other clients are connected`);
      },
      data: (socket, bytes) => of(socket)?.take(bytes),
      end: (socket) => of(socket)?.end(),
      drain: (socket) => of(socket)?.drain(),
      timeout: (socket) => of(socket)?.expire(),
      close(socket) {
        count.open--;
        of(socket)?.close();
      },
      // The client has disconnected in the middle of an answer; `close` follows.
      error: () => undefined,
    },
  });
  chmodSync(path, 0o600);
  return { socket: lstatSync(path), stop: (isHard) => listener.stop(isHard) };
}

/** The reason why a client may not ask; undefined if it may. */
function whyNot(fd: number): string | undefined {
  const { uid } = readPeer(fd);
  const own = process.getuid?.();
  return uid === 0 || uid === own ? undefined : `only root may ask aod, not uid ${uid}`;
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
