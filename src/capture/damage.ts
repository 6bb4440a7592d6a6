// What is wrong with a capture that can't be trusted, as the one failure that reading gives.

import { AodError } from "../model/failure.ts";

/** @param what is wrong: "it is cut short". */
export function damaged(what: string, cause?: unknown): AodError {
  return new AodError("CAPTURE_DAMAGED", what, {}, cause);
}
