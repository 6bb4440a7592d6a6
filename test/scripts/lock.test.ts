// package-lock.json: the registry is each machine's own setting, and every package is pinned by its hash.

import { describe, expect, test } from "bun:test";
import { dependencies, devDependencies } from "../../package.json";
import lock from "../../package-lock.json";

const packages = Object.entries(lock.packages as Readonly<Record<string, Record<string, unknown>>>);

describe("the lock file", () => {
  test("names no registry", () => {
    expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  test("pins every package by its hash", () => {
    const loose = packages.filter(([path, { integrity }]) => path !== "" && integrity === undefined);
    expect(loose.map(([path]) => path)).toEqual([]);
    expect(packages.length).toBeGreaterThan(10);
  });

  test("has exact versions only", () => {
    const versions = Object.values({ ...dependencies, ...devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});
