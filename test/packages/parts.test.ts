// The list of parts against dist/aod itself: every part inside has a name, a version and a licence.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { dependencies, devDependencies } from "../../package.json";
import { copyrightText, licencesOf, licenceText } from "../../scripts/package/copyright.ts";
import { ASSET_PACKAGES, ASSET_PARTS } from "../../scripts/package/part-table.ts";
import { findInputs, licenceFiles, type Part, partsOf } from "../../scripts/package/parts.ts";
import { makeSbom } from "../../scripts/package/sbom.ts";
import { EXECUTABLE, ROOT, run } from "../helpers/program.ts";

const parts: readonly Part[] = JSON.parse(readFileSync(join(ROOT, "build/parts.json"), "utf8"));
const bytes = readFileSync(EXECUTABLE).toString("latin1");

/** CycloneDX's own schema, which its package does not export. */
function schema(name: string): object {
  const path = `node_modules/@cyclonedx/cyclonedx-library/res/schema/${name}.SNAPSHOT.schema.json`;
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}

function matches(pattern: RegExp): readonly string[] {
  return [...new Set([...bytes.matchAll(pattern)].map(([, name]) => name as string))].sort();
}

describe("the parts of the executable", () => {
  test("include every npm package that it contains", () => {
    const inside = matches(/^\/\/ node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//gm);
    const inAssets = Object.values(ASSET_PACKAGES).flat();
    const named = parts
      .filter(({ isPackage, within }) => isPackage && within === "aod")
      .map(({ name }) => name);
    expect(inside.length).toBeGreaterThan(2);
    expect(named.toSorted()).toEqual([...new Set([...inside, ...inAssets])].sort());
  });

  test("include every file that it contains", () => {
    const carried = matches(/\/\$bunfs\/root\/([\w.-]+)-[0-9a-z]{8}\.(?:\d|so)\b/g).map((name) =>
      name.replace(/\.so$/, ""),
    );
    const known = Object.keys(ASSET_PARTS).map((path) => path.replace(/^build\/lib\/(.*?)\.so.*$/, "$1"));
    expect(carried).toEqual(known.sort());
  });

  test("are the same in a second search", async () => {
    expect(partsOf(await findInputs())).toEqual(parts);
  });

  test("have a version each if the build can know it", () => {
    const without = parts.filter(({ version, within }) => version === "" && within !== "bun");
    expect(without.map(({ name }) => name)).toEqual([]);
    expect(parts.find(({ name }) => name === "bun")?.version).toBe(devDependencies.bun);
    for (const [name, version] of Object.entries(dependencies))
      expect({ name, version: parts.find((part) => part.name === name)?.version }).toEqual({ name, version });
  });

  test("end the build if no table knows them", () => {
    expect(() => partsOf(["src/main.ts", "build/lib/libevil.so.1"])).toThrow("build/lib/libevil.so.1");
  });

  test("are those that --version prints", async () => {
    const { stdout } = await run([EXECUTABLE, "--version"], ROOT);
    for (const name of ["bun", "libbpf", "libelf", "zlib", "zstd"]) {
      const part = parts.find((one) => one.name === name && one.within !== "bun");
      expect(stdout).toContain(`${name} ${part?.version}`);
    }
  });
});

describe("the copyright file", () => {
  test.each(["deb", "whole"] as const)("names every part, and has a text for every licence (%s)", (where) => {
    const text = copyrightText(parts, where);
    for (const { name, version } of parts) {
      expect(text).toContain(`/${name.replaceAll(/[^A-Za-z0-9.+@-]+/g, "-")}/*\n`);
      expect(text).toContain(version);
    }
    for (const id of licencesOf(parts)) expect(text).toContain(`\nLicense: ${id}\n `);
  });

  test("has a text of its own for each licence of npm's packages, identical to theirs", () => {
    const words = (text: string) =>
      text
        .replaceAll(/[^A-Za-z]+/g, " ")
        .toLowerCase()
        .trim();
    const packages = parts.filter(
      ({ isPackage, licence }) => isPackage && (licence === "MIT" || licence === "ISC"),
    );
    expect(packages.length).toBeGreaterThan(3);
    for (const { name, licence } of packages) {
      const folder = join(ROOT, "node_modules", name);
      // Code that a package has copied into itself has no folder.
      if (!existsSync(folder)) continue;
      const theirs = licenceFiles(folder)
        .map((file) => words(readFileSync(file, "utf8")))
        .join(" ");
      // Only the first words are compared: some packages leave out `(including the next paragraph)`, some have other
      // quotes.
      expect({ name, same: theirs.includes(words(licenceText(licence, "whole")).slice(0, 300)) }).toEqual({
        name,
        same: true,
      });
    }
  });

  test("knows no licence without a text", () => {
    expect(() => licenceText("WTFPL", "whole")).toThrow("WTFPL");
  });
});

describe("the bill of materials", () => {
  const sbom = makeSbom(parts, { version: "1.2.3", sha256: "0".repeat(64) }, 1_700_000_000);
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of ["jsf-0.82", "spdx"])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  const isValid = ajv.compile(schema("bom-1.6"));

  test("is valid by CycloneDX's own schema", () => {
    isValid(sbom);
    expect(isValid.errors ?? []).toEqual([]);
  });

  test("would not be valid with a licence that SPDX does not list", () => {
    const [first, ...others] = parts;
    const wrong = makeSbom(
      [{ ...(first as Part), licence: "MITT" }, ...others],
      { version: "1", sha256: "0".repeat(64) },
      0,
    );
    expect(isValid(wrong)).toBe(false);
  });

  test("names every part, and each relation once", () => {
    const { components, dependencies: tree } = sbom as {
      components: { name: string; "bom-ref": string }[];
      dependencies: { ref: string; dependsOn: string[] }[];
    };
    expect(components.map(({ name }) => name)).toEqual(parts.map(({ name }) => name));
    const refs = components.map((component) => component["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    expect(tree.flatMap(({ dependsOn }) => dependsOn).sort()).toEqual(refs.toSorted());
  });

  test("is the same for the same build, and different for another build", () => {
    const again = makeSbom(parts, { version: "1.2.3", sha256: "0".repeat(64) }, 1_700_000_000);
    const other = makeSbom(parts, { version: "1.2.3", sha256: "1".repeat(64) }, 1_700_000_000);
    expect(again).toEqual(sbom);
    expect(other.serialNumber).not.toBe(sbom.serialNumber);
  });
});
