// Which errors say that something has run out: as Bun, Node's functions and our own system calls throw them.

import { describe, expect, test } from "bun:test";
import {
  EXHAUSTION_CAUSES,
  exhaustionLosses,
  exhaustionOf,
  isExhausted,
  sumLosses,
  unlessExhausted,
} from "../../src/model/exhaustion.ts";
import { AodError } from "../../src/model/failure.ts";
import { LOSS_CAUSES } from "../../src/model/losses.ts";

function anError(message: string, fields: Readonly<Record<string, unknown>>, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), fields);
}

describe("an error", () => {
  test.each([
    [
      "of open(2)",
      anError("EMFILE: too many open files, open", { code: "EMFILE", syscall: "open" }),
      "EMFILE",
    ],
    ["of the host's limit", anError("ENFILE", { code: "ENFILE" }), "ENFILE"],
    ["of process.memoryUsage", anError("Failed to get memory usage", { errno: 24 }), "EMFILE"],
    ["of Bun.spawn", anError("EAGAIN: posix_spawn 'true'", { code: "EAGAIN", errno: -11 }), "EAGAIN"],
    ["of new Worker", new TypeError("Failed to spawn worker thread"), "EAGAIN"],
    ["of our mmap", new AodError("SYSCALL", "mmap 8 bytes: ENOMEM", { errno: 12 }), "ENOMEM"],
    ["of our eventfd", new AodError("SYSCALL", "eventfd: EMFILE", { errno: 24 }), "EMFILE"],
    [
      "that wraps one",
      new AodError("OUTPUT_UNUSABLE", "open /x", {}, anError("EMFILE", { code: "EMFILE" })),
      "EMFILE",
    ],
    ["of an empty pipe", anError("EAGAIN: read", { code: "EAGAIN", syscall: "read" }), undefined],
    ["of a missing file", anError("ENOENT", { code: "ENOENT", errno: -2 }), undefined],
    ["of ours", new TypeError("undefined is no function"), undefined],
  ] as const)("%s is distinguished from other errors", (_, error, expected) => {
    expect(exhaustionOf(error)).toBe(expected);
  });

  test("that is its own cause comes to an end", () => {
    const error = new Error("loop");
    error.cause = error;
    expect(exhaustionOf(error)).toBe(undefined);
    expect(exhaustionOf("EMFILE")).toBe(undefined);
  });
});

test("an act has its value, or what was exhausted, which is counted; anything else is thrown", () => {
  expect(unlessExhausted(() => 7)).toBe(7);
  const before = exhaustionLosses().no_descriptors ?? 0;
  const result = unlessExhausted(() => {
    throw anError("EMFILE", { code: "EMFILE" });
  });
  expect(isExhausted(result) && result.exhausted).toBe("EMFILE");
  expect(exhaustionLosses().no_descriptors).toBe(before + 1);
  expect(() =>
    unlessExhausted(() => {
      throw anError("ENOENT", { code: "ENOENT" });
    }),
  ).toThrow("ENOENT");
});

test("every exhaustion is a cause of losses", () => {
  for (const cause of Object.values(EXHAUSTION_CAUSES)) expect(LOSS_CAUSES).toHaveProperty(cause);
});

test("losses of several threads are added up, cause by cause", () => {
  expect(sumLosses([{ a: 1, b: 2 }, {}, { b: 3 }])).toEqual({ a: 1, b: 5 });
});
