import { describe, expect, test } from "bun:test";
import { type LibraryOrigin, openLibbpf } from "../../src/kernel/libbpf.ts";

describe("libbpf", () => {
  // The machine that builds aod has it installed: the copy inside is taken from there.
  test.each([["memory"], ["host"]] as const)("can be loaded from %s", (origin: LibraryOrigin) => {
    expect(openLibbpf(origin).libbpf_num_possible_cpus()).toBeGreaterThan(0);
  });
});
