import { describe, expect, test } from "bun:test";
import { appendFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HISTORY, OLD_HISTORY } from "../../src/history/file.ts";
import { HistoryTail } from "../../src/history/tail.ts";
import { tempDir } from "../helpers/temp-dir.ts";

describe("following the history", () => {
  test("gives what is there, and then what is new", () => {
    const folder = tempDir();
    const path = join(folder, HISTORY);
    writeFileSync(path, "a\n");
    const tail = new HistoryTail(folder);
    expect(tail.read()).toBe("a\n");
    expect(tail.read()).toBe("");
    appendFileSync(path, "b\nc\n");
    expect(tail.read()).toBe("b\nc\n");
    tail.close();
  });

  test("waits for the end of a line that is being written", () => {
    const folder = tempDir();
    const path = join(folder, HISTORY);
    writeFileSync(path, "a\nbé".slice(0, 3));
    const tail = new HistoryTail(folder);
    expect(tail.read()).toBe("a\n");
    appendFileSync(path, "é\n");
    expect(tail.read()).toBe("bé\n");
    tail.close();
  });

  test("goes on in the new file after the old one was renamed, and loses nothing", () => {
    const folder = tempDir();
    const path = join(folder, HISTORY);
    writeFileSync(path, "a\n");
    const tail = new HistoryTail(folder);
    tail.read();
    appendFileSync(path, "b\n");
    renameSync(path, join(folder, OLD_HISTORY));
    expect(tail.read()).toBe("b\n");
    writeFileSync(path, "c\n");
    expect(tail.read()).toBe("c\n");
    tail.close();
  });

  test("has nothing before the file is there, and follows no link", () => {
    const folder = tempDir();
    const tail = new HistoryTail(folder);
    expect(tail.read()).toBe("");
    symlinkSync("/etc/hostname", join(folder, HISTORY));
    expect(() => tail.read()).toThrow();
    tail.close();
  });
});
