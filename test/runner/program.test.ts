import { describe, expect, test } from "bun:test";
import { findProgram } from "../../src/runner/program.ts";

describe("findProgram", () => {
  test("finds what is installed, whatever PATH says", () => {
    const before = process.env.PATH;
    process.env.PATH = "/nonexistent";
    expect(findProgram("sh")).toMatch(/^\/(usr\/)?bin\/sh$/);
    process.env.PATH = before;
  });

  test("finds nothing else", () => {
    expect(findProgram("frobnicate")).toBeUndefined();
  });
});
