// The control socket: who may ask what the daemon knows, and have it do things. In: a path, and how questions are answered; out: a
// socket of mode 0600 in a folder of mode 0700. Serves root and the daemon's own user, by the kernel's word; nobody else.

import { chmodSync, mkdirSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { takeLock } from "../system/lock.ts";
import { readPeer } from "../system/peer.ts";
import type { Knowing } from "./answers.ts";
import { Connection } from "./connection.ts";

export interface ControlServer {
  /** Connections at this moment. */
  readonly connections: number;
  /** Ends every connection and removes the socket. Idempotent. */
  close(): void;
}

/** Another daemon serves it: `holderPid` where it has written its own. */
export interface SocketTaken {
  readonly taken: true;
  readonly holderPid: number | undefined;
}

export const CONNECTIONS_MAX = 16;

/**
 * Listens. Throws what the file system says where that can't be.
 *
 * The lock beside the socket says whose it is: who holds it replaces what a dead daemon has left, and nobody else does.
 */
export function openControlServer(path: string, knowing: Knowing): ControlServer | SocketTaken {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = takeLock(`${path}.lock`);
  if (!lock.locked) return { taken: true, holderPid: lock.holderPid };
  try {
    const listening = listen(path, knowing);
    let isOpen = true;
    return {
      get connections() {
        return listening.connections();
      },
      close() {
        if (!isOpen) return;
        isOpen = false;
        listening.stop();
        remove(path);
        lock.release();
      },
    };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

// --- internal ---

function listen(path: string, knowing: Knowing) {
  let count = 0;
  const connections = new WeakMap<object, Connection>();
  const of = (socket: object) => connections.get(socket);
  remove(path);
  const listener = Bun.listen({
    unix: path,
    // Whoever has asked may have said with that that nothing more will come.
    allowHalfOpen: true,
    socket: {
      open(socket) {
        count++;
        const connection = new Connection(socket, knowing);
        connections.set(socket, connection);
        const refusal = whyNot((socket as unknown as { readonly fd: number }).fd);
        if (refusal !== undefined) connection.refuse("NOT_PERMITTED", refusal);
        else if (count > CONNECTIONS_MAX)
          connection.refuse("BUSY", `${CONNECTIONS_MAX} others are connected`);
      },
      data: (socket, bytes) => of(socket)?.take(bytes),
      end: (socket) => of(socket)?.end(),
      drain: (socket) => of(socket)?.drain(),
      timeout: (socket) => of(socket)?.expire(),
      close(socket) {
        count--;
        of(socket)?.close();
      },
      // The peer has gone in the middle of something; `close` follows.
      error: () => undefined,
    },
  });
  chmodSync(path, 0o600);
  return { connections: () => count, stop: () => listener.stop(true) };
}

/** Undefined: it may ask. */
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
