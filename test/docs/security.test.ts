// docs/security.md: each threat names a test that exists, or states a limit.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../helpers/program.ts";

const PATH = join(ROOT, "docs/security.md");
const TEXT = readFileSync(PATH, "utf8");
/** Rows of the tables of threats; their heads have `held by` last. */
const THREATS = TEXT.split("\n## ")
  .filter((section) => section.includes("| held by |"))
  .flatMap((section) => section.split("\n").filter((line) => /^\| (?!threat \|)[^-]/.test(line)));

describe("docs/security.md", () => {
  test("has threats of each party", () => {
    expect(THREATS.length).toBeGreaterThan(30);
    for (const party of ["server", "local user", "file", "author of a configuration", "compromised aod"])
      expect(TEXT).toMatch(new RegExp(`^## .*${party}`, "m"));
  });

  test.each(THREATS.map((line) => [line.split("|")[1]?.trim() ?? "", line]))(
    "%s: has a test, or is stated as a limit",
    (_, line) => {
      const heldBy = line.split("|").at(-2) ?? "";
      expect(/\]\(\.\.\/test\/|\ba limit\b/.test(heldBy)).toBe(true);
    },
  );

  const linked = [
    ...`${TEXT}${readFileSync(join(ROOT, "SECURITY.md"), "utf8")}`.matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g),
  ]
    .map((match) => match[1] ?? "")
    .filter((target) => !target.startsWith("docs/"));

  test.each([...new Set(linked)].map((target) => [target]))("links to %s, which exists", (target) => {
    expect(existsSync(join(dirname(PATH), target))).toBe(true);
  });
});
