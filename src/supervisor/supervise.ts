// What all three threads of the supervisor have in common: what is said when one is started again or has failed for good.
// In: a thread's name and how it is begun; out: its handle. When a thread is started again is thread-handle.ts's.

import type { Failure } from "../model/failure.ts";
import type { SupervisorEvent } from "./events.ts";
import type { SpawnTable } from "./options.ts";
import { ThreadHandle, type ThreadOptions } from "./thread-handle.ts";

/** What becomes of a thread's failures. */
export interface FailureHandlers {
  readonly publish: (event: SupervisorEvent) => void;
  /** The thread comes again, without what it had in its hands. */
  readonly lost: (thread: keyof SpawnTable) => void;
  /** The process has to end. */
  readonly end: (failure: Failure) => void;
}

/** The handle of one of the three; not started yet. */
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

/** Starts a thread for the first time as soon as all that it rests on are ready. */
export function startOnce(
  thread: { readonly idle: boolean; start(): void },
  restsOn: readonly { readonly isReady: boolean }[],
): void {
  if (thread.idle && restsOn.every(({ isReady }) => isReady)) thread.start();
}
