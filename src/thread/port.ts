// Messages between threads: typed postMessage on both ends, and the only catch of a worker. Only the unions of
// messages.ts may cross. It decides nothing.

import { exhaustionLosses } from "../model/exhaustion.ts";
import { toFailure } from "../model/failure.ts";
import type { CommonReport } from "./messages.ts";

/** A worker's end. */
export interface Port<Out> {
  post(message: Out, transfer?: readonly ArrayBuffer[]): void;
  /** Reports a thrown value as `failed`; the supervisor decides about this thread. */
  fail(thrown: unknown): void;
}

/** The supervisor's end: the part of a Worker that a sender needs. */
export interface Receiver {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

/** Sends to a worker; the sender loses the buffers in `transfer`. */
export function send<In>(worker: Receiver, message: In, transfer: readonly ArrayBuffer[] = []): void {
  worker.postMessage(message, [...transfer]);
}

/**
 * Serves the messages of this worker's supervisor one after the other, even if a handler is asynchronous.
 * Anything that the handler throws is reported as `failed`.
 */
export function serve<In, Out>(
  makeHandler: (port: Port<Out>) => (message: In) => void | Promise<void>,
): Port<Out> {
  const scope = globalThis as unknown as WorkerScope;
  const port: Port<Out> = {
    post: (message, transfer = []) => scope.postMessage(withLosses(message), transfer as ArrayBuffer[]),
    fail: (thrown) => {
      const report: CommonReport<never> = { type: "failed", failure: toFailure(thrown) };
      scope.postMessage(report, []);
    },
  };
  const handle = makeHandler(port);
  let queue: Promise<void> = Promise.resolve();
  scope.onmessage = (event) => {
    queue = queue.then(() => handle(event.data as In)).catch((thrown) => port.fail(thrown));
  };
  return port;
}

/** Adds the shortages that this thread has met to every pulse. */
function withLosses(message: unknown): unknown {
  const isPulse = (message as { readonly type?: unknown }).type === "pulse";
  return isPulse ? { ...(message as object), exhausted: exhaustionLosses() } : message;
}

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}
