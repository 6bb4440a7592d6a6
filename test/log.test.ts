import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { formatLine } from "../src/log.ts";
import { ROOT, run } from "./helpers/program.ts";

describe("a line of the log", () => {
  test("ends with its values, without unknown ones", () => {
    expect(formatLine("seen", { share: "//a/b", count: 3, pid: undefined })).toBe("seen share=//a/b count=3");
  });

  test.each([
    ["a blank", "a b", '"a b"'],
    ["an equals sign", "a=b", '"a=b"'],
    ["nothing", "", '""'],
    ["a line's end", "a\nb", '"a\\nb"'],
    ["what a terminal obeys", "\u001b[2J\u009b2J", '"\\u001b[2J\\u009b2J"'],
    ["what turns the direction of text", "a\u202eb", '"a\\u202eb"'],
  ])("a value with %s is quoted, and forges nothing", (_, value, shown) => {
    expect(formatLine("seen", { value })).toBe(`seen value=${shown}`);
  });
});

test("the log without a reader of its own is finished, and standard error stays open", async () => {
  const script = `import { finishLog, printError } from ${JSON.stringify(join(ROOT, "src/log.ts"))};
    printError("one\\n"); await finishLog(); printError("two\\n"); await finishLog();
    process.stderr.write(String(process.stderr.destroyed));`;
  const { stderr } = await run([process.execPath, "-e", script], ROOT);
  expect(stderr).toBe("one\ntwo\nfalse");
});
