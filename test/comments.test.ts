// The language of comments and strings: that a file named in a comment exists, and that clean rooms stay clean. The
// ratchet is CLEAN: a room is added when its last forbidden construction is gone, and no room is ever taken out.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");

/** Folders and files that have no forbidden construction any more and no comment that is too wide. */
const CLEAN: readonly string[] = [
  ".ci/run",
  "Makefile",
  "bpf",
  "packaging",
  "scripts",
  "src/capture",
  "src/cleaner",
  "src/control",
  "src/daemon",
  "src/janitor",
  "src/kernel",
  "src/log.ts",
  "src/main.ts",
  "src/model",
  "src/packer",
  "src/supervisor",
  "src/system",
  "src/thread",
  "test/api",
  "test/bench",
  "test/binary",
  "test/capture",
  "test/cleaner",
  "test/control",
  "test/daemon",
  "test/docs",
  "test/guest",
  "test/helpers",
  "test/history",
  "test/janitor",
  "test/kernel",
  "test/log.test.ts",
  "test/model",
  "test/packages",
  "test/packaging",
  "test/packer",
  "test/scripts",
  "test/scrubber",
  "test/supervisor",
  "test/system",
  "test/table",
];

interface Construction {
  readonly pattern: RegExp;
  readonly reason: string;
}

const FORBIDDEN: readonly Construction[] = [
  {
    pattern: /\b(whoever|nobody|somebody|anybody)\b/i,
    reason: "hides the actor; name it: the user, the operator, the task, the thread, the server",
  },
  {
    pattern: /\b(is|are|was|were|be|been) (said|told)\b/i,
    reason: "hides what happens; the field says reported, logged, notified, stated, distinguished",
  },
];

/** As wide as code in C; wider lines wrap in a terminal with two panes and in a review. */
const COMMENT_WIDTH_MAX = 120;

/** Names that comments may use although no file of this repository has them. */
const ELSEWHERE: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^(fs|include|kernel|lib|mm|net|security)\/.*\.[ch]$/, reason: "sources of Linux" },
  {
    pattern:
      /^(cifs_debug|cifsfs|cifsglob|connect|dfs|fs_context|smb2inode|smb2ops|smb2pdu|smb2transport|transport)\.[ch]$/,
    reason: "sources of Linux, fs/smb/client, where the folder stands beside the name or is clear",
  },
  { pattern: /^(asm|asm-generic|linux)\/\w+\.h$/, reason: "headers of Linux for programs" },
  { pattern: /^(elf|errno|spawn|sysexits|zstd)\.h$/, reason: "headers of the C library and of libzstd" },
  { pattern: /^libelf\/elf_begin\.c$/, reason: "elfutils" },
  { pattern: /^misc\/ss\.c$/, reason: "iproute2" },
  { pattern: /^docs\/JOURNAL_NATIVE_PROTOCOL\.md$/, reason: "systemd" },
  { pattern: /^Node\.js$/, reason: "a program, not a file" },
  { pattern: /^report\.html$/, reason: "a file of a capture" },
];

const SOURCE = /^(src|bpf|scripts|test)\/.*\.(ts|c|h|sh)$/;
const NAME = /(?<![\w@$.{}/*-])[\w@-][\w.@-]*(?:\/[\w.@-]+)*\.(?:ts|js|c|h|sh|md|yaml|css|html)\b(?![\w/])/g;

const files = [...new Bun.Glob("**/*").scanSync({ cwd: ROOT, dot: true })]
  .filter((path) => !/(^|\/)node_modules\/|^(build|dist|\.git)\//.test(path))
  .sort();
const known = new Set(files.flatMap((path) => pathEnds(path)));

/** A path, and what is left of it without its first folders: a comment may use each of them. */
function pathEnds(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, i) => parts.slice(i).join("/"));
}

/** The comments of a source, a line each, without knowledge of strings: a `// ` inside a string counts as well. */
function commentLines(path: string, text: string): readonly string[] {
  const begin = path.endsWith(".sh") ? /(^|\s)#(?!!)/ : /^\s*(\/\/|\*)|\s\/\/ |\/\*/;
  return text.split("\n").filter((line) => begin.test(line) && !line.startsWith("#include"));
}

function missingFiles(lines: readonly string[]): readonly string[] {
  const names = lines.flatMap((line) => line.match(NAME) ?? []);
  return names.filter((name) => !known.has(name) && !ELSEWHERE.some(({ pattern }) => pattern.test(name)));
}

/** What a clean room must not have, as `line: reason`. */
function breaches(path: string, text: string): readonly string[] {
  const found = text
    .split("\n")
    .flatMap((line, i) =>
      FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(
        ({ reason }) => `${path}:${i + 1}: ${reason}`,
      ),
    );
  // A tab is as wide as in .clang-format.
  const wide = commentLines(path, text).filter(
    (line) => line.replaceAll("\t", " ".repeat(8)).length > COMMENT_WIDTH_MAX && !isTrailing(line),
  );
  return [...found, ...wide.map((line) => `${path}: wider than ${COMMENT_WIDTH_MAX}: ${line.trim()}`)];
}

/** A comment behind code has the width that the formatter gives the line. */
function isTrailing(line: string): boolean {
  return !/^\s*(\/\/|\*|\/\*|#)/.test(line);
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

describe("a file that a comment names", () => {
  const sources = files.filter((path) => SOURCE.test(path));

  test("exists in this repository, or is listed with the project that it belongs to", () => {
    expect(sources.length).toBeGreaterThan(500);
    const missing = sources.flatMap((path) =>
      missingFiles(commentLines(path, read(path))).map((name) => `${path} names ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("is found in a path as well, and is missed where it is gone", () => {
    const gone = ["no-such", "ts"].join(".");
    expect(missingFiles(["// see bpf/table.h, table.h and docs/captures.md"])).toEqual([]);
    expect(missingFiles([`// see ${gone} and bpf/${gone}.`])).toEqual([gone, `bpf/${gone}`]);
  });
});

describe("the language of clean rooms", () => {
  test.each(CLEAN.map((room) => [room] as const))("%s has no forbidden construction", (room) => {
    const its = files.filter((path) => path === room || path.startsWith(`${room}/`));
    expect(its.length).toBeGreaterThan(0);
    expect(its.flatMap((path) => breaches(path, read(path)))).toEqual([]);
  });

  test.each([
    ["// This is told to the user.", "hides what happens"],
    ["// Whoever waits for it.", "hides the actor"],
    [`// ${"wide ".repeat(30)}`, "wider than 120"],
  ])("%p would be found", (line, why) => {
    expect(breaches("a.ts", line)[0]).toContain(why);
  });
});
