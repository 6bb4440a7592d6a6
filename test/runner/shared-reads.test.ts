import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ChildResult, Children, notStarted } from "../../src/runner/child.ts";
import { SharedReads } from "../../src/runner/shared-reads.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const NEVER = new AbortController().signal;
const LIMITS = { maxBytes: 1000 };

function aResult(text: string, parts: Partial<ChildResult> = {}): ChildResult {
  const output = new TextEncoder().encode(text);
  return { end: "exited", exitCode: 0, output, truncated: false, errorText: "", ...parts };
}

/** Shared reads of these texts; `asked` has the paths that were read. */
function reads(files: Readonly<Record<string, ChildResult>>) {
  const asked: string[] = [];
  const run = async ([, path = ""]: readonly string[]) => {
    asked.push(path);
    return files[path] ?? notStarted("no such file");
  };
  return { asked, shared: new SharedReads({ run }, NEVER) };
}

const textOf = ({ output }: ChildResult) => new TextDecoder().decode(output);

describe("shared reads", () => {
  test("read a file once, however many actions need it, and whenever", async () => {
    const { asked, shared } = reads({ "/a": aResult("A\n"), "/b": aResult("B\n") });
    const three = await Promise.all([
      shared.print("/bin/cat", ["/a"], LIMITS),
      shared.print("/bin/cat", ["/b", "/a"], LIMITS),
      shared.print("/bin/cat", ["/a"], LIMITS),
    ]);
    const later = await shared.print("/bin/cat", ["/b"], LIMITS);
    expect([...three, later].map(textOf)).toEqual(["A\n", "==> /b <==\nB\n\n==> /a <==\nA\n", "A\n", "B\n"]);
    expect(asked).toEqual(["/a", "/b"]);
  });

  test("print several files as tail does", async () => {
    const paths = ["one", "two"].map((name) => join(tempDir(), name));
    for (const path of paths) writeFileSync(path, `in ${path}\n`);
    const shared = new SharedReads(new Children(), NEVER);
    const tail = new Children().run(
      ["/usr/bin/tail", "-n", "+1", ...paths],
      { timeoutMs: 5_000, maxBytes: 1000, keep: "head" },
      NEVER,
    );
    expect(textOf(await shared.print("/bin/cat", paths, LIMITS))).toBe(textOf(await tail));
  });

  test("end like the first reading that failed", async () => {
    const files = { "/a": aResult("A\n"), "/b": aResult("", { exitCode: 1, errorText: "EACCES" }) };
    const { shared } = reads(files);
    expect(await shared.print("/bin/cat", ["/a", "/b"], LIMITS)).toMatchObject({
      exitCode: 1,
      errorText: "EACCES",
    });
    expect(await shared.print("/bin/cat", ["/a"], LIMITS)).toMatchObject({ exitCode: 0, truncated: false });
  });

  test("are cut for each action at its own cap, and end with a whole line if the file was cut", async () => {
    const { shared } = reads({ "/a": aResult("line 1\nli", { end: "full", truncated: true }) });
    const whole = await shared.print("/bin/cat", ["/a"], LIMITS);
    expect(textOf(whole)).toBe("line 1\n");
    expect(whole.truncated).toBe(true);
    const { shared: short } = reads({ "/a": aResult("line 1\nline 2\n") });
    const cut = await short.print("/bin/cat", ["/a"], { maxBytes: 9 });
    expect({ text: textOf(cut), truncated: cut.truncated }).toEqual({ text: "line 1\nli", truncated: true });
    expect((await short.print("/bin/cat", ["/a"], LIMITS)).truncated).toBe(false);
  });
});
