// What something failed with, as plain data.

import { type Failure, toFailure } from "../../src/model/failure.ts";

/** Undefined where it did not. */
export function failureOf(act: () => unknown): Failure | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return toFailure(thrown);
  }
}
