// Makes the handle of a supervised thread: publishes an event when the thread is restarted or has failed for good.
// thread-handle.ts decides when a thread is restarted.

import type { Failure } from "../model/failure.ts";
import type { SupervisorEvent } from "./events.ts";
import type { SpawnTable } from "./options.ts";
import { ThreadHandle, type ThreadOptions } from "./thread-handle.ts";

/** The receivers of thread failures. */
export interface FailureHandlers {
  readonly publish: (event: SupervisorEvent) => void;
  /** The thread is restarted, and has lost its work in hand. */
  readonly lost: (thread: keyof SpawnTable) => void;
  /** The process must end. */
  readonly end: (failure: Failure) => void;
}

/** The handle of a thread, which is not started yet. */
export function supervise<In extends { type: string }, Out extends { type: string }>(
  name: keyof SpawnTable,
  { publish, lost, end }: FailureHandlers,
  how: Pick<ThreadOptions<In, Out>, "spawn" | "hasRoom" | "begin" | "onReport" | "wake" | "pingEveryMs">,
): ThreadHandle<In, Out> {
  return new ThreadHandle<In, Out>({
    ...how,
    name,
    onRestart: (failure, delayMs) => {
      publish({ type: "restarting", thread: name, failure, delayMs });
      lost(name);
    },
    onFatal: (failure) => {
      publish({ type: "fatal", thread: name, failure });
      end(failure);
    },
  });
}

/** Starts a thread for the first time as soon as the threads that it depends on are ready. */
export function startOnce(
  thread: { readonly idle: boolean; start(): void },
  dependsOn: readonly { readonly isReady: boolean }[],
): void {
  if (thread.idle && dependsOn.every(({ isReady }) => isReady)) thread.start();
}
