// The packages and the repositories as files: reproducible, without findings of their lints, signed, with checksums.

import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ROOT, run } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { makeRelease, RELEASE, succeed } from "./release.ts";

const release = await makeRelease();

function sha256(path: string): string {
  return new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
}

describe("a second build", () => {
  test.each(["deb", "rpm"] as const)(
    "of the %s has the same bytes, for every user and in every folder",
    async (kind) => {
      const folder = tempDir();
      const temporary = join(folder, "another/folder");
      mkdirSync(temporary, { recursive: true });
      const argv = ["sh", "-c", `umask 077; exec scripts/package/${kind}.sh ${folder}/out`];
      const { stdout } = await succeed(argv, {
        TMPDIR: temporary,
        TZ: "Asia/Tokyo",
        LANG: "de_DE.UTF-8",
        HOME: folder,
      });
      const again = stdout.trim();
      expect(basename(again)).toBe(basename(release[kind]));
      expect(sha256(again)).toBe(sha256(release[kind]));
    },
  );
});

describe("the lint", () => {
  test("of Debian finds nothing, except for exceptions that have a reason", async () => {
    const argv = ["lintian", "--pedantic", "--fail-on=none", "--show-overrides", release.deb];
    const { stdout } = await run(argv, ROOT);
    const text = readFileSync(join(ROOT, "packaging/deb/lintian-overrides"), "utf8");
    const excepted = [...text.matchAll(/^aod: (.+) \*$/gm)].map(([, tag]) => tag as string);
    expect(excepted.length).toBeGreaterThan(3);
    for (const tag of excepted) expect(stdout).toContain(`O: aod: ${tag}`);
    expect(stdout.split("\n").filter((line) => !/^([NO]:|$)/.test(line))).toEqual([]);
  });

  test("of rpm finds nothing", async () => {
    const { stdout } = await run(["rpmlint", "-c", "packaging/rpm/rpmlint.toml", release.rpm], ROOT);
    expect(stdout).toContain("0 errors, 0 warnings");
  });
});

describe("the release", () => {
  test("has a checksum of every file, and a signature of the checksums", async () => {
    expect(await run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], RELEASE)).toMatchObject({
      exitCode: 0,
    });
    const sums = readFileSync(join(RELEASE, "SHA256SUMS"), "utf8");
    for (const path of [release.deb, release.rpm]) expect(sums).toContain(`  ${basename(path)}\n`);
    expect(sums).toContain(`  aod-${release.version}-linux-x64\n`);
    expect(sums).toContain("  apt/dists/stable/InRelease\n");
    const home = tempDir();
    await succeed(["gpg", "--batch", "--quiet", "--import", join(RELEASE, "apt/aod.gpg")], {
      GNUPGHOME: home,
    });
    const verify = [
      "gpg",
      "--batch",
      "--verify",
      join(RELEASE, "SHA256SUMS.asc"),
      join(RELEASE, "SHA256SUMS"),
    ];
    expect(await run(verify, home, { GNUPGHOME: home })).toMatchObject({ exitCode: 0 });
  });

  test("has the bare executable, with the licences of the parts inside", async () => {
    const alone = join(RELEASE, `aod-${release.version}-linux-x64`);
    expect(sha256(alone)).toBe(sha256(join(ROOT, "dist/aod")));
    const licences = readFileSync(join(RELEASE, `aod-${release.version}-licences.txt`), "utf8");
    for (const words of ["GNU LESSER GENERAL PUBLIC LICENSE", "Apache License", "parts/libelf/*"])
      expect(licences).toContain(words);
  });

  test("sorts before the version that it leads to if its commit has no tag", async () => {
    const isTagged = !release.version.includes("~");
    const next = ["dpkg", "--compare-versions", `1:${release.version}-1`, isTagged ? "eq" : "lt"];
    const version = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version;
    expect(await run([...next, `1:${version}-1`], ROOT)).toMatchObject({ exitCode: 0 });
  });
});
