import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { AodError } from "../../src/model/failure.ts";
import { errnoOf, fileFailure, ROOT_CAN } from "../../src/model/file-failure.ts";
import { failureOf } from "../helpers/failure.ts";

describe("a failed use of a file", () => {
  test.each([
    ["EACCES", "NOT_PERMITTED", "cannot write x: permission denied (EACCES; run as root)"],
    ["EPERM", "NOT_PERMITTED", "cannot write x: not permitted (EPERM; run as root)"],
    ["ENOSPC", "OUTPUT_UNUSABLE", "cannot write x: no space left on the disk (ENOSPC)"],
    ["EROFS", "OUTPUT_UNUSABLE", "cannot write x: the file system is read-only (EROFS)"],
    ["toString", "OUTPUT_UNUSABLE", "cannot write x: toString"],
  ] as const)("%s is %s, with what to do", (errno, code, message) => {
    const failure = failureOf(() => {
      throw fileFailure("write x", errno, { hints: ROOT_CAN });
    });
    expect(failure).toMatchObject({ code, message, causes: [], context: { errno } });
  });

  test("has the code of its caller, unless the use is forbidden", () => {
    const codeOf = (errno: string) => fileFailure("open x", errno, { code: "NOT_FOUND" }).code;
    expect(["ENOENT", "EISDIR", "EACCES"].map(codeOf)).toEqual(["NOT_FOUND", "NOT_FOUND", "NOT_PERMITTED"]);
  });

  test("is described by its errno; any other error stays as it is", () => {
    const errnoAfter = (act: () => unknown) => {
      try {
        act();
      } catch (thrown) {
        return errnoOf(thrown);
      }
      return undefined;
    };
    expect(errnoAfter(() => readFileSync("/no/such/file"))).toBe("ENOENT");
    expect(() => errnoAfter(() => readFileSync("a\0b"))).toThrow("null bytes");
    const mistake = new AodError("BUG", "a mistake");
    const again = () => {
      throw mistake;
    };
    expect(() => errnoAfter(again)).toThrow(mistake);
  });
});
