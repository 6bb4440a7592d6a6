// The glibc that a host must have: the newest version that aod, or a library inside it, needs.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { EXECUTABLE, ROOT, run } from "../helpers/program.ts";

/** Debian 11 has 2.31, RHEL 9 and Amazon Linux 2023 have 2.34. */
const NEWEST_MINOR = 31;
const LIBRARIES = ["libz.so.1", "libelf.so.1", "libbpf.so.1", "zstd-napi.so"].map((name) =>
  join(ROOT, "build/lib", name),
);

interface Needed {
  readonly name: string;
  /** The x of the version GLIBC_2.x. */
  readonly minor: number;
  /** The loader continues without it. */
  readonly isWeak: boolean;
}

/** The versions of glibc that a file's dynamic symbols need. */
async function neededOfGlibc(file: string): Promise<readonly Needed[]> {
  const { stdout } = await run(["objdump", "--dynamic-syms", file], ROOT);
  const lines = stdout.matchAll(/^[0-9a-f]+ +(w?) .*\*UND\*.*GLIBC_2\.(\d+)[.\d]*\)? +(\S+)$/gm);
  return [...lines].map(([, weak, minor, name = ""]) => ({
    name,
    minor: Number(minor),
    isWeak: weak === "w",
  }));
}

async function neededLibraries(file: string): Promise<string[]> {
  const { stdout } = await run(["objdump", "--private-headers", file], ROOT);
  return [...stdout.matchAll(/^\s*NEEDED\s+(\S+)$/gm)].map(([, name]) => name as string);
}

describe("a host's glibc", () => {
  test.each([EXECUTABLE, ...LIBRARIES])(`is new enough with 2.${NEWEST_MINOR} for %s`, async (file) => {
    const needed = await neededOfGlibc(file);
    expect(needed.length).toBeGreaterThan(0);
    expect(needed.filter(({ minor, isWeak }) => minor > NEWEST_MINOR && !isWeak)).toEqual([]);
  });

  test("may lack only functions that are never called", async () => {
    const needed = await Promise.all([EXECUTABLE, ...LIBRARIES].map(neededOfGlibc));
    const lacked = needed.flat().filter(({ minor }) => minor > NEWEST_MINOR);
    expect(lacked.filter(({ name }) => name !== "fstat")).toEqual([]);
  });

  test("is all that the executable needs of the host", async () => {
    const inside = ["libz.so.1", "libelf.so.1"];
    const glibc = /^(ld-linux-[\w-]+\.so\.\d|lib(c|m|dl|pthread|rt)\.so\.\d)$/;
    for (const file of [EXECUTABLE, ...LIBRARIES]) {
      const others = (await neededLibraries(file)).filter(
        (name) => !glibc.test(name) && !inside.includes(name),
      );
      expect({ file, others }).toEqual({ file, others: [] });
    }
  });
});
