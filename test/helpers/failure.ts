// What something failed with, as plain data.

import { expect } from "bun:test";
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

/** Of what ends later, and has to fail. */
export async function failureOfPromise(asked: Promise<unknown>): Promise<Failure> {
  try {
    await asked;
  } catch (thrown) {
    return toFailure(thrown);
  }
  return expect.unreachable();
}
