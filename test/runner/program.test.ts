import { describe, expect, test } from "bun:test";
import { findProgram } from "../../src/runner/program.ts";

describe("findProgram", () => {
  test("finds installed programs, whatever PATH is", () => {
    const before = process.env.PATH;
    process.env.PATH = "/nonexistent";
    expect(findProgram("sh")).toMatch(/^\/(usr\/)?bin\/sh$/);
    process.env.PATH = before;
  });

  test("finds no other file", () => {
    expect(findProgram("frobnicate")).toBeUndefined();
  });
});
