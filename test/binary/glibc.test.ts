// Which glibc a host must have: the newest version that aod, or a library inside it, asks for by name.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { EXECUTABLE, ROOT, run } from "../helpers/program.ts";

/** RHEL 9 and Amazon Linux 2023 have 2.34, Ubuntu 22.04 has 2.35. */
const NEWEST_MINOR = 34;
const LIBRARIES = ["libz.so.1", "libelf.so.1", "libbpf.so.1", "zstd-napi.so"].map((name) =>
  join(ROOT, "build/lib", name),
);

/** Minor numbers of the versions GLIBC_2.x that a file's dynamic symbols ask for. */
async function glibcMinors(file: string): Promise<number[]> {
  const { stdout } = await run(["objdump", "--dynamic-syms", file], ROOT);
  return [...stdout.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
}

async function neededLibraries(file: string): Promise<string[]> {
  const { stdout } = await run(["objdump", "--private-headers", file], ROOT);
  return [...stdout.matchAll(/^\s*NEEDED\s+(\S+)$/gm)].map(([, name]) => name as string);
}

describe("a host's glibc", () => {
  test.each([EXECUTABLE, ...LIBRARIES])(`is new enough with 2.${NEWEST_MINOR} for %s`, async (file) => {
    const minors = await glibcMinors(file);
    expect(minors.length).toBeGreaterThan(0);
    expect(Math.max(...minors)).toBeLessThanOrEqual(NEWEST_MINOR);
  });

  test("is all that is asked of it", async () => {
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
