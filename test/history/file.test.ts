import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { HISTORY, HistoryFile, OLD_HISTORY, readHistory } from "../../src/history/file.ts";
import { tempDir } from "../helpers/temp-dir.ts";

function aHistory(firstLines = "") {
  const folder = tempDir();
  const path = join(folder, HISTORY);
  return { folder, path, file: new HistoryFile(folder, () => firstLines) };
}

function textsIn(folder: string): readonly string[] {
  return readHistory(folder).map(({ text }) => text);
}

function errnoOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

describe("the history's file", () => {
  test("is private, and grows by whole lines over restarts", () => {
    const { folder, path, file } = aHistory();
    expect(file.append("one\n")).toBeUndefined();
    file.close();
    const next = new HistoryFile(folder, () => "begun anew\n");
    expect(next.append("two\n")).toBeUndefined();
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(next.failures).toBe(0);
  });

  test("is made private if it was not", () => {
    const { path, file } = aHistory();
    writeFileSync(path, "", { mode: 0o644 });
    file.append("one\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("goes on in a new line behind a line that a crash tore", () => {
    const { path, file } = aHistory();
    writeFileSync(path, 'one\n{"ti');
    file.append("two\n");
    file.append("three\n");
    expect(readFileSync(path, "utf8")).toBe('one\n{"ti\ntwo\nthree\n');
  });

  test.each([
    ["renamed", (path: string) => renameSync(path, `${path}.1`)],
    ["removed", unlinkSync],
  ])("that was %s is created again, with its first lines", (_, act) => {
    const { path, file } = aHistory("what is open\n");
    writeFileSync(path, "one\n");
    file.append("two\n");
    act(path);
    expect(file.append()).toBeUndefined();
    expect(readFileSync(path, "utf8")).toBe("what is open\n");
    file.append("three\n");
    expect(readFileSync(path, "utf8")).toBe("what is open\nthree\n");
  });

  test("is written neither through a symbolic link nor into a folder: it fails with an errno, and resumes later", () => {
    const { folder, path, file } = aHistory();
    const precious = join(folder, "precious");
    symlinkSync(precious, path);
    expect(file.append("one\n")).toBe("ELOOP");
    expect(existsSync(precious)).toBe(false);
    unlinkSync(path);
    mkdirSync(path);
    expect(file.append("two\n")).toBe("EISDIR");
    renameSync(path, join(folder, "elsewhere"));
    expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
    expect(file.append("three\n")).toBe("EINVAL");
    unlinkSync(path);
    expect(file.append("four\n")).toBeUndefined();
    expect(file.failures).toBe(3);
    expect(readFileSync(path, "utf8")).toBe("four\n");
  });

  test("survives a disk that fills up in the middle of a line; the next line is whole", () => {
    const folder = tempDir();
    let freeBytes = 6;
    const file = new HistoryFile(
      folder,
      () => "",
      (fd, bytes, offset) => {
        if (freeBytes === 0) throw Object.assign(new Error(), { code: "ENOSPC" });
        const written = writeSync(fd, bytes, offset, Math.min(freeBytes, bytes.length - offset));
        freeBytes -= written;
        return written;
      },
    );
    expect(file.append("one\n")).toBeUndefined();
    expect([file.append("two\n"), file.append("three\n")]).toEqual(["ENOSPC", "ENOSPC"]);
    freeBytes = 100;
    expect(file.append("four\n")).toBeUndefined();
    expect(file.failures).toBe(2);
    expect(textsIn(folder)).toEqual(["", "one\ntw\nfour\n"]);
  });
});

describe("reading the history", () => {
  test("gives the old file, then the new one", () => {
    const { folder, path } = aHistory();
    expect(textsIn(folder)).toEqual(["", ""]);
    writeFileSync(path, "new\n");
    writeFileSync(join(folder, OLD_HISTORY), "old");
    expect(readHistory(folder)).toEqual([
      { file: OLD_HISTORY, text: "old" },
      { file: HISTORY, text: "new\n" },
    ]);
  });

  test("gives the end of a file that has become very long", () => {
    const { folder, path } = aHistory();
    writeFileSync(path, `begin\n${"x".repeat(17 << 20)}\nend\n`);
    // The line that was cut is dropped as a whole.
    expect(textsIn(folder)).toEqual(["", "end\n"]);
  });

  test("throws if the folder is missing, and if a symbolic link leads away from it", () => {
    const { folder, path } = aHistory();
    expect(errnoOf(() => readHistory(join(folder, "nowhere")))).toBe("ENOENT");
    symlinkSync("/etc/passwd", path);
    expect(errnoOf(() => readHistory(folder))).toBe("ELOOP");
  });
});
