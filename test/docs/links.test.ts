// Links between documents: each leads to a file that exists, and to a heading that it has.

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../helpers/program.ts";

const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  "packaging/README.md",
  "src/README.md",
];
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("links between documents", () => {
  test.each(DOCUMENTS.map((path) => [path]))("%s links to files and headings that exist", (path) => {
    const prose = read(path).replaceAll(/^```.*?^```/gms, "");
    const targets = [...prose.matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)/g)];
    for (const [, file = "", anchor] of targets) {
      const target = file === "" ? path : join(dirname(path), file);
      expect({ target, exists: existsSync(join(ROOT, target)) }).toEqual({ target, exists: true });
      if (anchor !== undefined) expect(anchorsOf(read(target))).toContain(anchor);
    }
  });

  test("every page of docs/ is linked from the README", () => {
    const readme = read("README.md");
    const pages = DOCUMENTS.filter((path) => path.startsWith("docs/"));
    expect(pages.filter((path) => !readme.includes(`](${path})`))).toEqual([]);
  });
});
