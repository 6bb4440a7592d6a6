// The failure that reading reports for a capture that can't be trusted.

import { AodError } from "../model/failure.ts";

/** @param what the damage in words: "it is cut short". */
export function damaged(what: string, cause?: unknown): AodError {
  return new AodError("CAPTURE_DAMAGED", what, {}, cause);
}
