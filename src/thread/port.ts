// The one way across threads: typed postMessage on both ends, and the single catch of a worker.
// What comes in is a union of messages.ts, what goes out is another; nothing else may cross. No decision in here.

import { exhaustionLosses } from "../model/exhaustion.ts";
import { toFailure } from "../model/failure.ts";
import type { CommonReport } from "./messages.ts";

/** A worker's end. */
export interface Port<Out> {
  post(message: Out, transfer?: readonly ArrayBuffer[]): void;
  /** Reports what was thrown; the supervisor decides what becomes of this thread. */
  fail(thrown: unknown): void;
}

/** The supervisor's end: what a Worker is to whoever sends to it. */
export interface Receiver {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

/** Sends to a worker; buffers in `transfer` are gone for the sender. */
export function send<In>(worker: Receiver, message: In, transfer: readonly ArrayBuffer[] = []): void {
  worker.postMessage(message, [...transfer]);
}

/**
 * Serves the messages of this worker's supervisor, one after the other, also where a handler is asynchronous.
 * Whatever the handler throws is reported as `failed`.
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
  let turn: Promise<void> = Promise.resolve();
  scope.onmessage = (event) => {
    turn = turn.then(() => handle(event.data as In)).catch((thrown) => port.fail(thrown));
  };
  return port;
}

/** Every pulse carries the shortages that this thread has met. */
function withLosses(message: unknown): unknown {
  const isPulse = (message as { readonly type?: unknown }).type === "pulse";
  return isPulse ? { ...(message as object), exhausted: exhaustionLosses() } : message;
}

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}
